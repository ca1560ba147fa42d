#!/usr/bin/env node
// The entry of every npm script. Plain JavaScript, no dependencies, runs on Node 18 or newer: it
// brings the checkout into a runnable state (dependencies, the pinned Node, the build), quickly
// when it already is, and then hands over to the command on the pinned Node.
import { commands, usage } from './commands.mjs';
import { build } from './build.mjs';
import { install } from './install.mjs';
import { explain } from './console.mjs';
import { checkLauncher } from './pinned-node.mjs';

const [name = 'help', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;

if (command === undefined) {
  process.stderr.write(usage());
  process.exitCode = name === 'help' ? 0 : 2;
} else {
  try {
    checkLauncher();
    await install();
    await build();
    process.exitCode = await command.run(args);
  } catch (error) {
    process.stderr.write(explain(error));
    process.exitCode = 1;
  }
}
