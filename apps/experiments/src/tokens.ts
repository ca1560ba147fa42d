/** The log in Postgres, a `DecisionLog`. */
export const DECISION_LOG = Symbol('DECISION_LOG');
/** A `LogMetrics`. */
export const LOG_METRICS = Symbol('LOG_METRICS');
/** A `DecisionReader`. */
export const DECISION_READER = Symbol('DECISION_READER');
/** An `Analyses`. */
export const ANALYSES = Symbol('ANALYSES');
/** A `ControlPlane`. */
export const CONTROL_PLANE = Symbol('CONTROL_PLANE');
/** A `DecisionTerms`. */
export const DECISION_TERMS = Symbol('DECISION_TERMS');
/** The `Clock`. */
export const CLOCK = Symbol('CLOCK');
