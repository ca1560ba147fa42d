import type { Variable } from './variable.js';
import { variables } from './variables.js';

type AnyVariable = Variable<unknown, string | null>;

function grouped(): Map<string, [string, AnyVariable][]> {
  const groups = new Map<string, [string, AnyVariable][]>();
  for (const entry of Object.entries<AnyVariable>(variables)) {
    const [, { group }] = entry;
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return groups;
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const COMMENT_COLUMNS = 96;

/** The text of `.env.example`: every variable, commented out, with its default. */
export function renderEnvExample(): string {
  const lines = [
    '# Every variable that Tollgate reads. All have defaults: copy what you change into the',
    '# environment of the process. Reference: docs/reference/configuration.md',
  ];
  for (const [group, entries] of grouped()) {
    lines.push('', `# --- ${group} ---`);
    for (const [name, variable] of entries) {
      const unset = variable.fallback === null ? ` Unset: ${variable.unset ?? 'none'}.` : '';
      lines.push(
        '',
        ...wrapped(`${variable.description}${unset}`, COMMENT_COLUMNS).map((l) => `# ${l}`),
      );
      lines.push(`#${name}=${variable.fallback ?? ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The tables of docs/reference/configuration.md, one per group. */
export function renderReference(): string {
  const sections = [...grouped()].map(([group, entries]) => {
    const rows = entries.map(([name, variable]) => {
      const fallback = variable.fallback === null ? variable.unset : `\`${variable.fallback}\``;
      return `| \`${name}\` | ${variable.description} Must be ${variable.expects}. | ${fallback} |`;
    });
    return [
      `## ${group}`,
      '',
      '| Variable | Meaning | Default |',
      '| --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}
