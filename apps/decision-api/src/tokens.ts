/** Injection tokens of what is an interface, or may be absent. */
export const DECISION_PARTS = Symbol('decision parts');
export const TRACING = Symbol('tracing');
