const secretText = '[secret]';

/**
 * A value that must not reach a log, an error or a terminal by accident: printing it shows
 * `[secret]`.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return secretText;
  }

  toJSON(): string {
    return secretText;
  }

  /** Node's `util.inspect` and `console.log` call this. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return secretText;
  }
}
