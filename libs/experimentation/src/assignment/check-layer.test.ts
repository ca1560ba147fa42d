import { expect, test } from 'vitest';
import type { ExperimentPlan, LayerPlan } from './assign-unit.js';
import { checkLayer } from './check-layer.js';

const plan = (over: Partial<ExperimentPlan> = {}): ExperimentPlan => ({
  experimentId: 'first',
  salt: 'first-salt',
  arms: [
    { ownerId: 'control', ranges: [{ from: 0, to: 5_000 }] },
    { ownerId: 'challenger', ranges: [{ from: 5_000, to: 10_000 }] },
  ],
  forced: [{ unitId: 'tester', armId: 'challenger' }],
  ...over,
});
const layer = (over: Partial<LayerPlan> = {}): LayerPlan => ({
  layerId: 'models',
  salt: 'layer-salt',
  experiments: [{ ownerId: 'first', ranges: [{ from: 0, to: 2_000 }] }],
  plans: [plan()],
  ...over,
});
const range = (from: number, to: number) => [{ ownerId: 'control', ranges: [{ from, to }] }];

test('a sound layer has no problems, free buckets included', () => {
  expect(checkLayer(layer())).toEqual([]);
});

test.each<[string, string, LayerPlan]>([
  ['SALT_NOT_USABLE', 'models', layer({ salt: '' })],
  ['SALT_NOT_USABLE', 'first', layer({ plans: [plan({ salt: 'a\nb' })] })],
  ['SALT_TWICE', 'first', layer({ plans: [plan({ salt: 'layer-salt' })] })],
  [
    'BUCKETS_OUT_OF_RANGE',
    'first',
    layer({ plans: [plan({ arms: range(0, 10_001), forced: [] })] }),
  ],
  ['BUCKETS_OUT_OF_RANGE', 'first', layer({ plans: [plan({ arms: range(7, 7), forced: [] })] })],
  ['BUCKETS_OUT_OF_RANGE', 'first', layer({ plans: [plan({ arms: range(0.5, 7), forced: [] })] })],
  [
    'BUCKETS_OWNED_TWICE',
    'first',
    layer({ plans: [plan({ arms: [...plan().arms, ...range(9_999, 10_000)] })] }),
  ],
  ['EXPERIMENT_TWICE', 'first', layer({ plans: [plan(), plan({ salt: 'other', forced: [] })] })],
  [
    'EXPERIMENT_WITHOUT_PLAN',
    'ghost',
    layer({
      experiments: [
        ...layer().experiments,
        { ownerId: 'ghost', ranges: [{ from: 2_000, to: 3_000 }] },
      ],
    }),
  ],
  [
    'EXPERIMENT_WITHOUT_BUCKETS',
    'second',
    layer({ plans: [plan(), plan({ experimentId: 'second', salt: 'second-salt', forced: [] })] }),
  ],
  [
    'FORCED_ARM_UNKNOWN',
    'blue',
    layer({ plans: [plan({ forced: [{ unitId: 'tester', armId: 'blue' }] })] }),
  ],
  [
    'UNIT_FORCED_TWICE',
    'tester',
    layer({ plans: [plan({ forced: [...plan().forced, ...plan().forced] })] }),
  ],
])('%s of %s', (code, subject, of) => {
  expect(checkLayer(of)).toEqual([{ code, subject }]);
});
