import type { SignalSchema } from '#contracts/signals.js';

import type {
  ClosureBuilders,
  NumberClosure,
  TextClosure,
  TruthClosure,
} from './closure-builders.js';
import { compareClosure } from './compare-closures.js';
import { functionSpecs, type FunctionSpec } from './functions.js';
import type { ListCatalogue } from './lists.js';
import { logicClosure, memberClosure } from './logic-closures.js';
import { FALSE, negate, TRUE, truthOfNumber, UNKNOWN } from './truth.js';
import type { ArithmeticNode, CallNode, TypedNode } from './typed-node.js';
import { ZoneClock } from './zone-clock.js';

/**
 * Turns checked expressions into closures that read slots. Built once per compile, at load: never
 * per transaction.
 */
export function createBuilders(
  schema: SignalSchema,
  lists: ListCatalogue | undefined,
): ClosureBuilders {
  const builders: ClosureBuilders = {
    lists,
    eventTimeSlot: schema.slotOf('event_time'),
    number: (node) => numberClosure(node, builders),
    truth: (node) => truthClosure(node, builders),
    text: (node) => textClosure(node, builders),
  };
  return builders;
}

function numberClosure(node: TypedNode, builders: ClosureBuilders): NumberClosure {
  switch (node.kind) {
    case 'literal': {
      const value = Number(node.value);
      return () => value;
    }
    case 'signal': {
      const { slot } = node;
      return (record) => record.numbers[slot]!;
    }
    case 'arithmetic':
      return arithmeticClosure(node, builders);
    case 'ternary': {
      const condition = builders.truth(node.condition);
      const whenTrue = builders.number(node.whenTrue);
      const whenFalse = builders.number(node.whenFalse);
      return (record) => {
        const truth = condition(record);
        if (truth === TRUE) return whenTrue(record);
        if (truth === FALSE) return whenFalse(record);
        const value = whenTrue(record);
        return value === whenFalse(record) ? value : Number.NaN;
      };
    }
    case 'coalesce': {
      const operands = node.operands.map(builders.number);
      return (record) => {
        for (const operand of operands) {
          const value = operand(record);
          if (value === value) return value;
        }
        return Number.NaN;
      };
    }
    case 'call':
      return numberCallClosure(node, builders);
    case 'not':
    case 'and':
    case 'or':
    case 'compare':
    case 'member':
    case 'list':
    case 'has':
      throw new Error(`a ${node.kind} is not a number`);
  }
}

function arithmeticClosure(node: ArithmeticNode, builders: ClosureBuilders): NumberClosure {
  const left = builders.number(node.left);
  const right = builders.number(node.right);
  switch (node.operator) {
    case '+':
      return (record) => left(record) + right(record);
    case '-':
      return (record) => left(record) - right(record);
    case '*':
      return (record) => left(record) * right(record);
    case '/':
      return (record) => left(record) / right(record);
    case '%':
      return (record) => left(record) % right(record);
  }
}

function numberCallClosure(node: CallNode, builders: ClosureBuilders): NumberClosure {
  const spec = specOf(node);
  switch (spec.family) {
    case 'number': {
      const { apply } = spec;
      const [a, b, c, d] = node.operands.map(builders.number);
      if (b === undefined) return (record) => apply(a!(record), 0, 0, 0);
      if (c === undefined) return (record) => apply(a!(record), b(record), 0, 0);
      return (record) => apply(a!(record), b(record), c(record), d!(record));
    }
    case 'calendar': {
      const { apply } = spec;
      const time = builders.number(node.operands[0]!);
      const clock = ZoneClock.of(node.zone!)!;
      return (record) => apply(clock, time(record));
    }
    case 'text': {
      const measure = textCall(node, builders);
      return (record) => {
        const value = measure(record);
        return value === null ? Number.NaN : (value as number);
      };
    }
  }
}

function truthClosure(node: TypedNode, builders: ClosureBuilders): TruthClosure {
  switch (node.kind) {
    case 'literal': {
      const truth = node.value === true ? TRUE : FALSE;
      return () => truth;
    }
    case 'signal': {
      const { slot } = node;
      return (record) => truthOfNumber(record.numbers[slot]!);
    }
    case 'not': {
      const operand = builders.truth(node.operand);
      return (record) => negate(operand(record));
    }
    case 'and':
    case 'or':
      return logicClosure(node, builders);
    case 'compare':
      return compareClosure(node, builders);
    case 'member':
      return memberClosure(node, builders);
    case 'list':
      return listClosure(node.list, builders.text(node.value), builders);
    case 'has':
      return hasClosure(node.operand, builders);
    case 'ternary': {
      const condition = builders.truth(node.condition);
      const whenTrue = builders.truth(node.whenTrue);
      const whenFalse = builders.truth(node.whenFalse);
      return (record) => {
        const truth = condition(record);
        if (truth === TRUE) return whenTrue(record);
        if (truth === FALSE) return whenFalse(record);
        const value = whenTrue(record);
        return value === whenFalse(record) ? value : UNKNOWN;
      };
    }
    case 'coalesce': {
      const operands = node.operands.map(builders.truth);
      return (record) => {
        for (const operand of operands) {
          const truth = operand(record);
          if (truth !== UNKNOWN) return truth;
        }
        return UNKNOWN;
      };
    }
    case 'call': {
      const test = textCall(node, builders);
      return (record) => {
        const value = test(record);
        return value === null ? UNKNOWN : value === true ? TRUE : FALSE;
      };
    }
    case 'arithmetic':
      throw new Error('arithmetic is not a truth');
  }
}

function listClosure(name: string, value: TextClosure, builders: ClosureBuilders): TruthClosure {
  const list = builders.lists?.find(name);
  if (list === undefined) throw new Error(`the list ${name} was checked but is gone`);
  const { eventTimeSlot } = builders;
  return (record) => {
    const text = value(record);
    if (text === null) return UNKNOWN;
    const atMs = eventTimeSlot === undefined ? Number.NaN : record.numbers[eventTimeSlot]!;
    return list.has(text, atMs) ? TRUE : FALSE;
  };
}

function hasClosure(operand: TypedNode, builders: ClosureBuilders): TruthClosure {
  switch (operand.type) {
    case 'string':
    case 'token': {
      const text = builders.text(operand);
      return (record) => (text(record) === null ? FALSE : TRUE);
    }
    case 'boolean': {
      const truth = builders.truth(operand);
      return (record) => (truth(record) === UNKNOWN ? FALSE : TRUE);
    }
    case 'number':
    case 'timestamp': {
      const number = builders.number(operand);
      return (record) => {
        const value = number(record);
        return value === value ? TRUE : FALSE;
      };
    }
  }
}

function textClosure(node: TypedNode, builders: ClosureBuilders): TextClosure {
  switch (node.kind) {
    case 'literal': {
      const value = String(node.value);
      return () => value;
    }
    case 'signal': {
      const { slot } = node;
      return (record) => record.strings[slot]!;
    }
    case 'ternary': {
      const condition = builders.truth(node.condition);
      const whenTrue = builders.text(node.whenTrue);
      const whenFalse = builders.text(node.whenFalse);
      return (record) => {
        const truth = condition(record);
        if (truth === TRUE) return whenTrue(record);
        if (truth === FALSE) return whenFalse(record);
        const value = whenTrue(record);
        return value === whenFalse(record) ? value : null;
      };
    }
    case 'coalesce': {
      const operands = node.operands.map(builders.text);
      return (record) => {
        for (const operand of operands) {
          const value = operand(record);
          if (value !== null) return value;
        }
        return null;
      };
    }
    case 'call':
      return textCall(node, builders) as TextClosure;
    case 'arithmetic':
    case 'not':
    case 'and':
    case 'or':
    case 'compare':
    case 'member':
    case 'list':
    case 'has':
      throw new Error(`a ${node.kind} is not a text`);
  }
}

function textCall(
  node: CallNode,
  builders: ClosureBuilders,
): (record: Parameters<TextClosure>[0]) => string | number | boolean | null {
  const spec = specOf(node);
  if (spec.family !== 'text') throw new Error(`${node.name} is not a function over texts`);
  const { apply } = spec;
  const [first, second] = node.operands.map(builders.text);
  if (second === undefined) {
    return (record) => {
      const a = first!(record);
      return a === null ? null : apply(a, '');
    };
  }
  return (record) => {
    const a = first!(record);
    const b = second(record);
    return a === null || b === null ? null : apply(a, b);
  };
}

function specOf(node: CallNode): FunctionSpec {
  const spec = functionSpecs.get(node.name);
  if (spec === undefined) throw new Error(`the function ${node.name} was checked but is gone`);
  return spec;
}
