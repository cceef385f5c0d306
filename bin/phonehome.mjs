#!/usr/bin/env node
/**
 * Starts Phonehome on Node 26 or newer: the running one, or the one that npm installed beside it.
 * Plain JavaScript, so that any Node can read it. Why the flags and the warm cache: docs/decisions/0007.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const self = fileURLToPath(import.meta.url);
/** A checkout runs its sources; a package brings them compiled. */
const isCheckout = existsSync(`${root}src/cli/main.ts`);
/** From when a program is started: with it Node would load its sockets, in a command that opens none. */
const programs = () => module.createRequire(import.meta.url)('node:child_process');
const urlOf = (file) => (isCheckout ? `../src/${file}` : `../lib/${file.replace(/ts$/, 'js')}`);
/** What most starts load, directly or by what it imports. */
const WARM = [
  'cli/program.ts',
  'cli/commands/start.ts',
  'cli/commands/demo.ts',
  'lab/start.ts',
  'lab/replaying.ts',
  'main.ts',
  'lab/lab-worker-entry.ts',
  'lab/scan-worker.ts',
];
// No debugger by signal: it would open a port of this machine to everybody on it, with all the lab knows behind it.
const FLAGS = ['--max-semi-space-size=8', '--expose-gc', '--no-allocation-site-pretenuring', '--disable-sigusr1'];
// No core dump, however it was started: it would hold keys and what phones sent. Node cannot set that limit, a shell can.
const SHELL = '/bin/sh';
const WITHOUT_CORE = 'ulimit -c 0 2>/dev/null; exec "$0" "$@"';
// Some malloc arenas: with one, both halves and V8's compilers wait for one lock; with one per thread, freed buffers stay where
// they were. Many threads: with the usual four, two names whose servers are silent keep every other name waiting (libuv asks for
// names on half of them at most).
const environment = {
  MALLOC_ARENA_MAX: '8',
  UV_THREADPOOL_SIZE: '64',
  ...process.env,
};
const major = Number(process.versions.node.split('.')[0]);

if (major < 26) {
  const bundled = ownNode();
  if (bundled === null) {
    const first = lacksLibatomic() ? 'apt-get install libatomic1, then ' : '';
    const again = isCheckout ? `run "npm ci" in ${root}` : 'install it again';
    console.error(
      `phonehome needs Node 26 or newer, this is ${process.versions.node}: ${first}${again}, it brings its own.`,
    );
    process.exit(1);
  }
  const child = programs().spawn(bundled, [self, ...process.argv.slice(2)], { stdio: 'inherit', env: environment });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npx runs this in a shell that passes no signal on, and dies of it.
  const parent = process.ppid;
  const watching = setInterval(() => {
    if (!process.env.npm_command || process.ppid === parent) return;
    // Once: a second signal would end it before everything is written.
    clearInterval(watching);
    child.kill('SIGTERM');
  }, 500).unref();
  child.on('exit', (code, signal) => {
    // 127: the dynamic loader found a library missing.
    if (code === 127 && lacksLibatomic())
      console.error(
        'phonehome: the Node 26 that npm brought needs a library that is missing: apt-get install libatomic1',
      );
    process.exit(signal ? 128 : (code ?? 1));
  });
} else if (!process.execArgv.includes(FLAGS[0]) && process.execve) {
  const words = [process.execPath, ...FLAGS, self, ...process.argv.slice(2)];
  if (existsSync(SHELL)) process.execve(SHELL, ['sh', '-c', WITHOUT_CORE, ...words], environment);
  process.execve(process.execPath, words, environment);
} else {
  const cache = cacheDirectory();
  if (cache !== null) {
    process.env.PHONEHOME_CACHE = cache;
    if (process.env.PHONEHOME_WARM_UP) {
      module.enableCompileCache(cache);
      process.on('exit', () => module.flushCompileCache());
      // The two that are threads stop where they ask for what a thread is given: read and compiled they are by then.
      for (const file of WARM) await import(urlOf(file)).catch(() => {});
    } else {
      if (!existsSync(cache)) warmUp();
      module.enableCompileCache(cache);
      // The threads of the lab have it from here.
      process.env.NODE_COMPILE_CACHE = cache;
    }
  }
  forgetBrowserWords();
  await import(urlOf('cli/main.ts'));
}

/** The Node that npm installed beside this, wherever it put it; null: none. A package asks for the one of its machine alone. */
function ownNode() {
  const { resolve } = module.createRequire(import.meta.url);
  for (const name of ['node', `node-${process.platform}-${process.arch}`]) {
    try {
      const own = join(dirname(resolve(`${name}/package.json`)), 'bin/node');
      if (existsSync(own)) return own;
    } catch {
      // The other one, then.
    }
  }
  return null;
}

/**
 * Where compiled code is kept from start to start: a checkout's own, else the service's or the user's. Null: nowhere that is safe
 * to run code from; the start takes a second longer then.
 */
function cacheDirectory() {
  if (isCheckout) return `${root}node_modules/.cache/phonehome`;
  const base = process.env.CACHE_DIRECTORY || process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  try {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(base);
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    return uid === process.getuid() && (mode & 0o022) === 0 ? join(base, `phonehome-${version}`) : null;
  } catch {
    return null;
  }
}

/** Node 26 needs this library, and slim images of Debian have none: then `npm ci` fails in the first script that runs on it. */
function lacksLibatomic() {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const known = programs().spawnSync('ldconfig', ['-p'], { env, encoding: 'utf8' });
  return known.status === 0 && !known.stdout.includes('libatomic.so.1');
}

/** As a module, node:http gives out these too, and to have them Node would load its 800 KB fetch library. */
function forgetBrowserWords() {
  const http = process.getBuiltinModule('node:http');
  for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent'])
    Object.defineProperty(http, name, { value: undefined });
}

/** Fills the cache in a process of its own, which ends as `phonehome --version`. */
function warmUp() {
  const env = { ...process.env, PHONEHOME_WARM_UP: '1' };
  programs().spawnSync(process.execPath, [...FLAGS, self, '--version'], { env, stdio: 'ignore' });
}
