import { Command } from 'commander';
import { loadReplayConfig } from '#config/replay-config.js';
import { UserError } from '../cli/user-error.js';
import { formatImport, importLabels } from './import-labels.js';

interface Options {
  readonly url: string;
  readonly key?: string;
  readonly json: boolean;
}

export function labelsProgram(): Command {
  const program = new Command('npm run labels --').description(
    'What transactions turned out to be. See docs/guides/labels.md.',
  );
  program
    .command('import')
    .summary('send a CSV file of labels')
    .description(
      'Sends a CSV file of labels. Refused lines are printed and stop no others; a file may be sent\n' +
        'again. Ends with 1 when a line was refused.',
    )
    .argument('<file>', 'CSV, .gz or .zst if packed')
    .option('--url <address>', 'the API', 'http://127.0.0.1:8080')
    .option('--key <text>', 'an API key with the scope label (TOLLGATE_API_KEY)')
    .option('--json', 'print the report as JSON', false)
    .action(async (file: string, { url, key, json }: Options) => {
      const report = await importLabels({ file, url, key: key ?? keyOfEnvironment() });
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatImport(report));
      process.exitCode = report.refused > 0 ? 1 : 0;
    });
  return program;
}

function keyOfEnvironment(): string {
  const found = loadReplayConfig().apiKey?.reveal();
  if (found !== undefined) return found;
  const advice =
    'make one by npm run keys -- create --name labels --scopes label, and give it by --key or ' +
    'TOLLGATE_API_KEY';
  throw new UserError('an import needs an API key', advice);
}
