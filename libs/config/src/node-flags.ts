/**
 * How Node is started for a service that must answer in milliseconds. A young generation of 16 MB
 * collects a request's garbage before it is copied; an old one that grows by a quarter before it is
 * collected keeps decision-api under 350 MB, where V8's own rule would let it reach 600 (it is no
 * hard limit: a service that needs more gets more). V8 starts one thread fewer than there are
 * cores: the four that Node would start push the service off its core in the middle of a
 * collection, which on two cores makes the slowest hundredth of all answers three times as slow.
 */
export const serviceNodeFlags: readonly string[] = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=25',
  '--v8-pool-size=0',
];

/** Of services that decisions do not wait for: no threads beside to compete with them. */
export const quietNodeFlags: readonly string[] = ['--v8-pool-size=0'];
