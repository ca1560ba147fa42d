import { Environment } from '@marcbachmann/cel-js';
import type { SignalRecord, SignalSchema, SignalType } from '#contracts/signals.js';
import { celText } from '#expression/second-opinion.js';
import type { TypedNode } from '#expression/typed-node.js';

const CEL_TYPES: Readonly<Record<SignalType, string>> = {
  number: 'double',
  boolean: 'bool',
  string: 'string',
  token: 'string',
  timestamp: 'google.protobuf.Timestamp',
};

/**
 * The maintained CEL evaluator as an oracle: a second implementation of the whole language but for
 * missing values, which CEL has not. Functions that CEL lacks are written here once more, by other
 * means where there are any.
 */
export class CelOracle {
  private readonly environment = new Environment({ limits: { maxAstNodes: 100_000 } });

  constructor(private readonly schema: SignalSchema) {
    for (const { name, type } of schema.definitions) {
      this.environment.registerVariable(name, CEL_TYPES[type]);
    }
    registerFunctions(this.environment);
  }

  /** @param record Without missing values. */
  evaluate(node: TypedNode, record: SignalRecord): unknown {
    return this.environment.evaluate(celText(node), this.valuesOf(record));
  }

  private valuesOf({ numbers, strings }: SignalRecord): Readonly<Record<string, unknown>> {
    const values = this.schema.definitions.map(({ name, type }, slot) => {
      if (type === 'string' || type === 'token') return [name, strings[slot]] as const;
      const value = numbers[slot]!;
      if (type === 'boolean') return [name, value === 1] as const;
      return [name, type === 'timestamp' ? new Date(value) : value] as const;
    });
    return Object.fromEntries(values);
  }
}

function registerFunctions(environment: Environment): void {
  const number = (name: string, apply: (...values: number[]) => number, count = 1): void => {
    const types = Array.from({ length: count }, () => 'double').join(', ');
    environment.registerFunction(`${name}(${types}): double`, apply);
  };
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b);
  number('abs', (x) => (x < 0 ? -x : x + 0));
  number('round', (x) => (x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5)));
  number('floor', Math.floor);
  number('ceil', (x) => -Math.floor(-x));
  number('sqrt', (x) => x ** 0.5);
  number('log', Math.log);
  number('min', (a, b) => (a < b || a !== a ? a : b), 2);
  number('max', (a, b) => (a > b || a !== a ? a : b), 2);
  const text = (signature: string, apply: (a: string, b: string) => unknown): void => {
    environment.registerFunction(signature, apply);
  };
  text('starts_with(string, string): bool', (a, b) => a.slice(0, b.length) === b);
  text('ends_with(string, string): bool', (a, b) => b === '' || a.slice(-b.length) === b);
  text('contains(string, string): bool', (a, b) => a.indexOf(b) !== -1);
  text('lower(string): string', (a) => a.toLowerCase());
  text('upper(string): string', (a) => a.toUpperCase());
  text('text_size(string): double', (a) => Array.from(a).length);
  const calendar = (name: string, read: (time: Date) => number): void => {
    const type = CEL_TYPES.timestamp;
    environment.registerFunction(`${name}(${type}, string): double`, (time: Date) => read(time));
  };
  calendar('hour', (time) => time.getUTCHours());
  calendar('day_of_week', (time) => time.getUTCDay() || 7);
  calendar('month', (time) => time.getUTCMonth() + 1);
}
