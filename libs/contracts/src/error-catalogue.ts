/**
 * Every error a caller can meet: its HTTP status and its stable title. Documented in
 * docs/reference/errors.md.
 */
export const errorCatalogue = {
  AUTHENTICATION_MISSING: { status: 401, title: 'An API key is required' },
  AUTHENTICATION_INVALID: { status: 401, title: 'The API key is not valid' },
  SIGNATURE_MISSING: {
    status: 401,
    title: 'The API key signs its requests; a signature is required',
  },
  SIGNATURE_INVALID: { status: 401, title: 'The request signature is not valid' },
  SCOPE_MISSING: { status: 403, title: 'The API key lacks the scope this call needs' },
  REQUEST_BODY_NOT_JSON: { status: 400, title: 'The body is not valid JSON' },
  REQUEST_MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body is of another media type than it must be',
  },
  REQUEST_BODY_TOO_LARGE: { status: 413, title: 'The body is larger than the service takes' },
  REQUEST_URL_INVALID: { status: 400, title: 'The address is not valid' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  REQUEST_INVALID: { status: 400, title: 'The request does not match the schema' },
  REQUEST_HEADER_INVALID: { status: 400, title: 'A request header is not valid' },
  CARD_NUMBER_REFUSED: { status: 400, title: 'The body carries what looks like a card number' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key was used with another body' },
  IDEMPOTENCY_KEY_IN_FLIGHT: { status: 409, title: 'A request with this key is still in flight' },
  IMPORT_IN_PROGRESS: { status: 409, title: 'Another import is not finished yet' },
  SIGNATURE_REPLAYED: { status: 409, title: 'This signed request was received before' },
  RATE_LIMITED: { status: 429, title: 'The API key has spent its request rate' },
  OVERLOADED: { status: 503, title: 'The service is shedding load' },
  SHUTTING_DOWN: { status: 503, title: 'The service is shutting down' },
  DECISION_NOT_RECORDED: { status: 503, title: 'The decision could not be recorded' },
  LABEL_NOT_STORED: { status: 503, title: 'The label could not be stored; send it again' },
  DECISION_NOT_FOUND: { status: 404, title: 'No decision with this id is known here' },
  EXPERIMENT_NOT_FOUND: { status: 404, title: 'No experiment with this id is known here' },
  EXPERIMENT_NOT_STARTED: { status: 409, title: 'The experiment has not started' },
  SHADOW_NOT_FOUND: { status: 404, title: 'No decision of this shadow is known in this time' },
  ROLLOUT_NOT_FOUND: { status: 404, title: 'No rollout with this id is known here' },
  CONTROL_CONFLICT: { status: 409, title: 'The change does not fit what is there' },
  DEFINITION_REFUSED: { status: 422, title: 'The definition cannot be run' },
  ARTIFACT_REFUSED: { status: 422, title: 'The artifact was refused' },
  DATABASE_UNAVAILABLE: { status: 503, title: 'The database cannot be asked at the moment' },
  ROUTE_NOT_FOUND: { status: 404, title: 'No such route' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not take this method' },
  INTERNAL: { status: 500, title: 'The service failed to answer' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;
