#!/usr/bin/env node
/** Starts Phonehome on Node 26 or newer: the running one, or the one that npm installed beside it. Plain JavaScript, so that any Node can read it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

if (major >= 26) {
  // Compiled code is kept, so that the type stripper is not loaded again: 17 MB less and a faster start.
  module.enableCompileCache?.(`${root}node_modules/.cache/phonehome`);
  await import('../src/cli/main.ts');
} else {
  const bundled = `${root}node_modules/node/bin/node`;
  if (!existsSync(bundled)) {
    console.error(
      `phonehome needs Node 26 or newer, this is ${process.versions.node}: run "npm ci" in ${root}, it brings its own.`,
    );
    process.exit(1);
  }
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)));
}
