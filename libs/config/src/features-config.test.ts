import { expect, test } from 'vitest';
import { loadFeaturesConfig } from './features-config.js';

const DATABASE_URL = 'postgres://user:password@host/db';

test('the stores are those of the services, and the files follow their variables', () => {
  const loaded = loadFeaturesConfig({ DATABASE_URL, REDIS_URL: 'redis://r', DATA_DIR: '/data' });
  expect(loaded).toMatchObject({
    ok: true,
    value: { featuresFile: './rules/features.yaml', archiveDir: '/data/artifacts' },
  });
});

test.each([
  ['nothing', {}, ['DATABASE_URL', 'REDIS_URL']],
  ['no database', { DATABASE_URL: 'none', REDIS_URL: 'redis://r' }, ['DATABASE_URL']],
  ['no Redis', { DATABASE_URL }, ['REDIS_URL']],
])('%s is refused by name', (_what, environment, variables) => {
  const loaded = loadFeaturesConfig(environment);
  expect(loaded.ok ? [] : loaded.problems.map(({ variable }) => variable)).toEqual(variables);
});
