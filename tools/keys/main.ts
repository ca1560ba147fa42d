import { Command, InvalidArgumentError } from 'commander';
import { loadDecisionApiConfig } from '#config/decision-api-config.js';
import { formatConfigProblems } from '#config/environment.js';
import { createApiKey, listApiKeys, revokeApiKey } from '#platform/api-key-admin.js';
import { scopes, Scope } from '#platform/api-key-file.js';
import { formatKeys } from './format-keys.js';

const RATE_MAX = 1_000_000;

function parseScopes(text: string): Scope[] {
  const parsed = text.split(',').map((scope) => Scope.safeParse(scope.trim()));
  const known = parsed.flatMap((scope) => (scope.success ? [scope.data] : []));
  if (known.length !== parsed.length) {
    throw new InvalidArgumentError(`Scopes are ${scopes.join(', ')}, separated by commas.`);
  }
  return [...new Set(known)];
}

function parseRate(text: string): number {
  const rate = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (rate < 1 || rate > RATE_MAX) {
    throw new InvalidArgumentError(`A whole number of requests per second, 1 to ${RATE_MAX}.`);
  }
  return rate;
}

function parseName(text: string): string {
  if (text.length < 1 || text.length > 100) {
    throw new InvalidArgumentError('One to 100 characters.');
  }
  return text;
}

function fail(problems: readonly string[]): void {
  process.stderr.write(`keys: ${problems.join('\nkeys: ')}\n`);
  process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface CreateOptions {
  readonly name: string;
  readonly scopes: Scope[];
  readonly rate?: number;
  readonly signed: boolean;
}

async function create(file: string, options: CreateOptions): Promise<void> {
  const created = await createApiKey(
    file,
    {
      name: options.name,
      scopes: options.scopes,
      ratePerSecond: options.rate ?? null,
      signed: options.signed,
    },
    Date.now(),
  );
  if (!created.ok) {
    fail(created.problems);
    return;
  }
  // The key alone on standard output, so that it can be piped; everything else beside it.
  print(created.value.text);
  if (created.value.signingSecret !== null) {
    print(created.value.signingSecret);
    process.stderr.write('The second line is the signing secret of Tollgate-Signature.\n');
  }
  process.stderr.write(
    `Key ${created.value.id} is kept as a hash in ${file}: this is the only time it is shown.\n`,
  );
}

function program(file: string): Command {
  const command = new Command('npm run keys --')
    .description('Create, list and revoke API keys. Running services follow within a second.')
    .addHelpText('after', `\nThe keys are in ${file} (API_KEYS_FILE).`);
  command
    .command('create')
    .description('add a key and print it, once')
    .requiredOption('--name <name>', 'who uses it', parseName)
    .requiredOption('--scopes <list>', `of ${scopes.join(', ')}`, parseScopes)
    .option('--rate <n>', 'most requests per second', parseRate)
    .option('--signed', 'requests must carry Tollgate-Signature', false)
    .action((options: CreateOptions) => create(file, options));
  command
    .command('list')
    .description('list the keys; their secrets are not kept')
    .action(async () => {
      const listed = await listApiKeys(file);
      if (listed.ok) {
        print(formatKeys(listed.value));
      } else {
        fail(listed.problems);
      }
    });
  command
    .command('revoke <id>')
    .description('refuse a key from now on')
    .action(async (id: string) => {
      const revoked = await revokeApiKey(file, id, Date.now());
      if (revoked.ok) {
        print(`Key ${revoked.value.id} (${revoked.value.name}) is revoked.`);
      } else {
        fail(revoked.problems);
      }
    });
  return command;
}

const config = loadDecisionApiConfig();
if (config.ok) {
  await program(config.value.apiKeysFile).parseAsync();
} else {
  process.stderr.write(`${formatConfigProblems(config.problems)}\n`);
  process.exitCode = 1;
}
