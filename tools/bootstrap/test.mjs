// `npm test`: vitest for people, and one plain line at the end for scripts and for the impatient.
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modules, pinnedNode } from './paths.mjs';
import { handOver } from './spawn.mjs';

export async function test(args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tollgate-test-'));
  // Postgres, which does not run as root, passes through it to a folder of its own.
  chmodSync(folder, 0o711);
  const report = path.join(folder, 'report.json');
  try {
    const code = await vitest(args, report, folder);
    const counts = readCounts(report);
    if (counts === null) return code; // --help and the like run no tests
    process.stdout.write(
      `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
    );
    return code === 0 && counts.failed > 0 ? 1 : code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What tests and the processes they kill leave behind goes with the folder. */
function vitest(args, report, temporaryFolder) {
  const main = path.join(modules, 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return handOver(pinnedNode, [main, 'run', ...reporters, ...args], { TMPDIR: temporaryFolder });
}

/** A file that fails before its first test (a bad import) counts as one failure. */
function readCounts(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return null; // vitest wrote no report: it has said why itself
  }
  const brokenFiles = results.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
  );
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + brokenFiles.length,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}
