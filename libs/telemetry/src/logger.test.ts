import { expect, test } from 'vitest';
import { Logger } from './logger.js';
import type { LogFields } from './log-fields.js';
import { NestLog } from './nest-log.js';

function collect(level = 'debug') {
  const lines: string[] = [];
  const log = Logger.create({
    level,
    service: 'test',
    version: '1.2.3',
    write: (line) => lines.push(line),
  });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as object) };
}

test('a line carries time, level, service, message and the fields on the list', () => {
  const { log, parsed } = collect();
  log.warn('A file was refused', { file: 'rules.yaml', line: 3, status: 200 });
  expect(parsed()).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      level: 'warn',
      service: 'test',
      serviceVersion: '1.2.3',
      message: 'A file was refused',
      file: 'rules.yaml',
      line: 3,
      status: 200,
    },
  ]);
});

test('fields that are not on the list, or of another type, are left out whoever passes them', () => {
  const { log, lines } = collect();
  const smuggled = {
    body: { card: '4111111111111111' },
    email: 'jo@example.com',
    status: 'jo@example.com',
    route: { toString: () => 'jo@example.com' },
  };
  log.info('Something', smuggled as unknown as LogFields);
  expect(lines.join()).not.toMatch(/41111111|jo@/);
});

test('an error is its class, code and frames; its message, which quotes, is left out', () => {
  const { log, lines, parsed } = collect();
  const cause = Object.assign(new TypeError('jo@example.com'), { code: 'ECONNREFUSED' });
  log.error('A part failed', { error: new RangeError('4111111111111111', { cause }) });
  expect(parsed()[0]).toMatchObject({
    error: { type: 'RangeError', cause: { type: 'TypeError', code: 'ECONNREFUSED' } },
  });
  expect(lines.join()).toContain('logger.test.ts');
  expect(lines.join()).not.toMatch(/41111111|jo@/);
});

test('a message of several lines does not pass as frames', () => {
  const { log, lines } = collect();
  log.error('A part failed', { error: new Error('first\n    at 4111111111111111\nlast') });
  expect(lines.join()).not.toContain('4111111111111111');
});

test('lines below the level are not written', () => {
  const { log, lines } = collect('warn');
  log.info('Fine');
  log.debug('Finer');
  expect(lines).toEqual([]);
});

test('messages of the framework come through as texts only', () => {
  const { log, parsed } = collect();
  const nest = new NestLog(log);
  nest.log('Mapped a route', 'RouterExplorer');
  nest.error(new Error('4111111111111111'), 'ExceptionsHandler');
  nest.warn({ card: '4111111111111111' });
  expect(parsed()).toMatchObject([
    { level: 'debug', message: 'Mapped a route', component: 'RouterExplorer' },
    { level: 'error', message: 'The framework reported an error', error: { type: 'Error' } },
    { level: 'warn', message: 'The framework reported something', component: 'Nest' },
  ]);
  expect(JSON.stringify(parsed())).not.toContain('41111111');
});
