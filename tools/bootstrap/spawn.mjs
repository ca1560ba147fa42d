// Child processes: quiet ones whose output is kept for an error, and the one that takes over.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { modulesBin, root } from './paths.mjs';

/** PATH without our own binaries: npm must not run on a Node that it is replacing. */
export function outerPath() {
  const entries = (process.env.PATH ?? '').split(path.delimiter);
  return entries.filter((entry) => path.resolve(entry) !== modulesBin);
}

/** Runs a command to its end in the root folder and keeps what it printed. */
export function run(command, args, extraEnvironment = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH: outerPath().join(path.delimiter), ...extraEnvironment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a command in our place: its terminal, its signals, its exit code. */
export function handOver(command, args, extraEnvironment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...extraEnvironment },
      stdio: 'inherit',
    });
    // A terminal sends Ctrl-C to the whole process group: passing it on would deliver it twice.
    const pass = (signal) => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
