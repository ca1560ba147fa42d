import { Command, InvalidArgumentError } from 'commander';
import { checkRules } from './check-rules.js';
import { explainTransaction, type ExplainOptions } from './explain-transaction.js';
import { withService } from '../cli/service-client.js';
import type { RulesSource } from './open-rules.js';
import { publishRules, type PublishSettings } from './publish-rules.js';
import { testCases } from './test-cases.js';

interface SourceOptions {
  readonly catalogue: string;
  readonly lists: string;
}

interface CasesOptions extends SourceOptions {
  readonly strict?: boolean;
}

interface ExplainSettings extends SourceOptions, ExplainOptions {
  readonly ruleset: string;
}

const DEFAULT_RULESET = 'rules/default';

/** The commands of `npm run rules`. */
export function rulesProgram(): Command {
  const program = new Command('npm run rules --').description(
    'Checks a ruleset, runs its cases, explains what its rules say, and publishes it.',
  );
  withSource(program.command('check').argument('[folder]', 'the ruleset', DEFAULT_RULESET))
    .description('compiles every rule against catalogue and lists; prints every problem')
    .action((folder: string, options: SourceOptions) => checkRules(sourceOf(folder, options)));

  withSource(program.command('cases').argument('[folder]', 'the ruleset', DEFAULT_RULESET))
    .description('runs cases.csv: named transactions with the decisions they must give')
    .option('--strict', 'fail also where a rule has no case')
    .action(async (folder: string, options: CasesOptions) => {
      const strict = options.strict === true;
      const passed = await testCases(sourceOf(folder, options), strict);
      if (!passed) process.exitCode = 1;
    });

  withSource(program.command('explain').argument('<file>', 'a body of POST /v1/decisions, JSON'))
    .description(
      'says for every rule which parts of it were true, false or unknown, and for which values',
    )
    .option('--ruleset <folder>', 'the ruleset', DEFAULT_RULESET)
    .option(
      '--feature <name=value...>',
      'a feature as it shall be; nothing after = makes it missing',
      addPair,
    )
    .option('--score <probability>', "the model's probability of fraud, 0 to 1", probability)
    .option('--rule <id...>', 'only these rules')
    .addHelpText(
      'after',
      '\nFeatures not given are those of a first payment: nothing was seen of its card,\n' +
        'customer or device before. Lists hold what their files say.',
    )
    .action((file: string, { ruleset, ...options }: ExplainSettings) =>
      explainTransaction(file, sourceOf(ruleset, options), options),
    );
  withService(program.command('publish [folder]'), 'publish')
    .description('puts a ruleset in charge on every node, and says when it is live')
    .option('--lists <folder>', 'the list files', 'rules/lists')
    .option('--reason <text>', 'why, for the audit', 'published from files')
    .option('--stage', 'only make it available, for a rollout or an experiment')
    .action((folder: string | undefined, settings: PublishSettings) =>
      publishRules(folder ?? DEFAULT_RULESET, settings),
    );
  return program.addHelpText('after', '\nExit code 1: a problem, or a case that fails.');
}

function withSource(command: Command): Command {
  return command
    .option('--catalogue <file>', 'the feature catalogue', 'rules/features.yaml')
    .option('--lists <folder>', 'the list files', 'rules/lists');
}

function sourceOf(folder: string, { catalogue, lists }: SourceOptions): RulesSource {
  return { folder, catalogue, lists };
}

function addPair(text: string, before: ReadonlyMap<string, string> | undefined) {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Write name=value.');
  const [name, value] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
  return new Map([...(before ?? []), [name, value]]);
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('A number from 0 to 1.');
}
