const MAJOR = 24;

/**
 * What is wrong with the Node that runs this; null when nothing is. An older one starts, and fails
 * at the first call of what it does not have.
 */
export function nodeProblem(version: string = process.versions.node): string | null {
  const major = Number.parseInt(version, 10);
  if (major === MAJOR) return null;
  return `Tollgate runs on Node ${MAJOR}, this is ${version}: start it with npm start, which brings its own`;
}
