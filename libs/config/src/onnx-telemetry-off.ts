/**
 * Import this before anything that loads onnxruntime-node. Its Linux binary sends telemetry from
 * the first session on, unless this stands in the environment of the process when a thread loads
 * the addon; set inside a worker it does nothing, because a worker's environment is a copy.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';

export {};
