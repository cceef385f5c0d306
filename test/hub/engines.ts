/** Broker and database as processes of their own, on free loopback ports, in a directory that goes with them. Both can be killed and started again. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { VendorAuthority } from '../../src/replay/vendor-authority.ts';
import { toolPath } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type Accounts, jwtAccounts, nkeyAccounts } from './broker-accounts.ts';

/** PostgreSQL refuses to run as root: then as nobody. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

export interface Engine {
  pid(): number;
  start(): Promise<void>;
  /** As the power going out. */
  kill(): Promise<void>;
  /** For good: as it is told to end, so that it takes away what it shares with its own processes outside the directory. */
  end(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function engine(begin: () => ChildProcess, isUp: () => Promise<boolean>): Engine {
  let child: ChildProcess | null = null;
  let output = '';
  async function stopBy(signal: NodeJS.Signals): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill(signal);
    await ended;
    child = null;
  }
  return {
    pid: () => child?.pid ?? 0,
    async start() {
      const begun = begin();
      child = begun;
      begun.stderr?.on('data', (part) => (output += part));
      await eventually('it answers', async () => {
        if (begun.exitCode !== null) throw new Error(`it ended: ${output}`);
        return isUp();
      });
    },
    kill: () => stopBy('SIGKILL'),
    // PostgreSQL waits for nobody then, the broker neither.
    end: () => stopBy('SIGINT'),
  };
}

export interface Postgres extends Engine {
  url: string;
}

/** @param isDurable as in use, where the disk is waited for */
export async function openPostgres(directory: string, isDurable = false): Promise<Postgres> {
  const bin = dirname(toolPath('postgres'));
  const port = await freePort();
  const data = join(directory, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  chmodSync(directory, 0o755);
  if (isRoot) chownSync(data, NOBODY, NOBODY);
  const drop = isRoot ? [toolPath('setpriv'), `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
  const call = (program: string, ...args: string[]): [string, string[]] => {
    const [first = '', ...rest] = [...drop, join(bin, program), ...args];
    return [first, rest];
  };
  execFileSync(...call('initdb', '-D', data, '-U', 'hub', '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'), {
    stdio: 'pipe',
    cwd: directory,
  });
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...(isDurable ? {} : { fsync: 'off' }),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = `postgresql://hub@127.0.0.1:${port}/postgres`;
  const isUp = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  };
  const server = engine(
    () =>
      spawn(...call('postgres', '-D', data, '-p', String(port), ...args), {
        stdio: ['ignore', 'ignore', 'pipe'],
        cwd: directory,
      }),
    isUp,
  );
  return { ...server, url };
}

export interface Nats extends Engine {
  url: string;
  /** Of the hub, and of each lab as `ORGANISATION/LAB`: nkeys' seeds or `.creds`, by `secretKind`. */
  seeds: Record<string, string>;
  secretKind: 'nkey' | 'credentials';
  /** PEM of the authority that signed its certificate; null: it speaks no TLS. */
  ca: string | null;
}

/** @param labs `ORGANISATION/LAB`: each may publish under its own subjects and nothing else */
export async function openNats(
  directory: string,
  labs: readonly string[],
  { authority = null, ...given }: { jwt?: boolean; accounts?: Accounts; authority?: VendorAuthority | null } = {},
): Promise<Nats> {
  const port = await freePort();
  const names = ['hub', ...labs];
  const jwt = given.jwt === true || given.accounts !== undefined;
  const { config: accounts, secrets } = given.accounts ?? (jwt ? jwtAccounts(names) : nkeyAccounts(names));
  const config = join(directory, 'nats.conf');
  const [key, certificate] = ['nats-key.pem', 'nats.pem'].map((name) => join(directory, name)) as [string, string];
  if (authority) {
    writeFileSync(key, authority.keyPem, { mode: 0o600 });
    writeFileSync(certificate, authority.certify('127.0.0.1'));
  }
  writeFileSync(
    config,
    [
      `listen: "127.0.0.1:${port}"`,
      ...(authority ? [`tls { cert_file: "${certificate}", key_file: "${key}", timeout: 30 }`] : []),
      `jetstream { store_dir: "${join(directory, 'nats')}" }`,
      accounts,
    ].join('\n'),
  );
  const isUp = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  const server = engine(
    () => spawn(toolPath('nats-server'), ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] }),
    isUp,
  );
  return {
    ...server,
    url: `${authority ? 'tls' : 'nats'}://127.0.0.1:${port}`,
    seeds: secrets,
    secretKind: jwt ? 'credentials' : 'nkey',
    ca: authority?.caPem ?? null,
  };
}

/** The hub's own file. @returns its path */
export function writeHubConfig(directory: string, nats: Nats, postgres: Postgres): string {
  writeFileSync(join(directory, 'hub.nk'), nats.seeds.hub ?? '', { mode: 0o600 });
  const file = join(directory, 'hub.yaml');
  writeFileSync(
    file,
    `nats:\n  url: ${nats.url}\n  ${nats.secretKind}: hub.nk\n${caIn(directory, nats, '  ')}database: ${postgres.url}\nport: 0\nstream-gigabytes: 1\n`,
  );
  return file;
}

/** What a lab is given with `--hub`. @returns its path */
export function writeLabConfig(directory: string, nats: Nats, name: string, more = ''): string {
  const [organisation = '', lab = ''] = name.split('/');
  const path = join(directory, `${organisation}-${lab}`);
  writeFileSync(`${path}.nk`, nats.seeds[name] ?? '', { mode: 0o600 });
  writeFileSync(`${path}.key`, KEYS[organisation] ?? 'cc'.repeat(32), { mode: 0o600 });
  writeFileSync(
    `${path}.yaml`,
    `url: ${nats.url}\norganisation: ${organisation}\nlab: ${lab}\n${nats.secretKind}: ${path}.nk\n${caIn(directory, nats)}key: ${path}.key\nheartbeat-seconds: 1\n${more}`,
  );
  return `${path}.yaml`;
}

function caIn(directory: string, { ca }: Nats, indent = ''): string {
  if (ca === null) return '';
  const file = join(directory, 'broker-ca.pem');
  writeFileSync(file, ca);
  return `${indent}ca: ${file}\n`;
}

/** For pseudonyms; the same in all labs of one. */
const KEYS: Record<string, string> = { alpha: 'aa'.repeat(32), beta: 'bb'.repeat(32) };
