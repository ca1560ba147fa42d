/** Of all services of this build, as they say it in logs, traces and OpenAPI. */
export const SERVICE_VERSION = '0.1.0';
