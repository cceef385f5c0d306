/**
 * What is measured side by side, each started the same way: on one core, trusting the benchmark's origin, its own
 * certificates in a throw-away directory. A peer that is not installed says so and is left out.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Protocol } from './load.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CORE = 0;

export interface Running extends MeasuredProcess {
  proxyPort: number;
  /** Of the lab only. */
  api: { url: string; token: string } | null;
}

export interface Contestant {
  name: 'lab' | 'relay' | 'mitmproxy' | 'http-mitm-proxy';
  title: string;
  protocols: Protocol[];
  /** Requests per measurement: slow ones get fewer, so that a run ends. */
  requests: number;
  /** Of the stalled upload: who buffers it whole gets less. */
  uploadMb: number;
  /** Null when it is not installed. */
  version(): Promise<string | null>;
  start(dir: string, upstreamCaFile: string): Promise<Running>;
}

/** One registered phone, as an operator would: every identifier a technician can read off it. */
export const PHONE = `devices:
  - id: phone-1
    model: Lab phone
    match: { default: true }
    identifiers:
      imei: "490154203237518"
      imsi: "001010123456789"
      iccid: "89001000000000000002"
      serial: LABSERIAL0001
      wifi_mac: "02:00:5e:10:00:01"
      phone_number: "+84912345678"
      android_id: a3f81c09b2d4e657
      advertising_id: 38400000-8cf0-11bd-b23e-10b96e40000d
      email: lab@example.com
`;

const ownVersion = async (): Promise<string> => {
  const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const { stdout } = await promisify(execFile)('git', ['-C', ROOT, 'describe', '--always', '--dirty']).catch(() => ({
    stdout: '',
  }));
  return `${version} ${stdout.trim()}`.trim();
};

const lab: Contestant = {
  name: 'lab',
  title: 'Phonehome, detection on, one phone registered',
  protocols: ['h1', 'h2'],
  requests: 10_000,
  uploadMb: 200,
  version: ownVersion,
  async start(dir, upstreamCaFile) {
    const devices = path.join(dir, 'phone.yaml');
    await writeFile(devices, PHONE);
    let ready: { proxy: { port: number }; ui: { url: string }; token: string } | null = null;
    const flags = ['--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0', '--data', dir, '--devices', devices];
    const measured = await startMeasured({
      command: process.execPath,
      args: [
        path.join(ROOT, 'bin/phonehome.mjs'),
        'start',
        '--json',
        ...flags,
        ...['--allow-destinations', '127.0.0.0/8', '--upstream-ca', upstreamCaFile],
      ],
      core: CORE,
      isReady(line) {
        const said = JSON.parse(line) as { type: string };
        if (said.type === 'ready') ready = said as unknown as typeof ready;
        return ready !== null;
      },
    });
    const { proxy, ui, token } = ready!;
    return { ...measured, proxyPort: proxy.port, api: { url: ui.url, token: (await readFile(token, 'utf8')).trim() } };
  },
};

const program = (file: string) => async (dir: string, upstreamCaFile: string) => {
  let proxyPort = 0;
  const measured = await startMeasured({
    command: process.execPath,
    // As bin/phonehome.mjs does: the difference to the lab is what reading costs.
    args: ['--max-semi-space-size=2', '--expose-gc', path.join(import.meta.dirname, file), dir, upstreamCaFile],
    core: CORE,
    env: { MALLOC_ARENA_MAX: '1' },
    isReady(line) {
      proxyPort = Number(/^ready (\d+)$/.exec(line)?.[1] ?? 0);
      return proxyPort > 0;
    },
  });
  return { ...measured, proxyPort, api: null };
};

const relay: Contestant = {
  name: 'relay',
  title: 'Phonehome, nobody reads: door, wire and certificates alone',
  protocols: ['h1', 'h2'],
  requests: 10_000,
  uploadMb: 200,
  version: ownVersion,
  start: program('bare-relay.ts'),
};

const httpMitmProxy: Contestant = {
  name: 'http-mitm-proxy',
  title: 'http-mitm-proxy, tuned: keep-alive on both sides, one server for all names',
  protocols: ['h1'],
  requests: 5000,
  uploadMb: 200,
  async version() {
    const file = path.join(ROOT, 'node_modules/http-mitm-proxy/package.json');
    return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version : null;
  },
  start: program('http-mitm.ts'),
};

const mitmproxy: Contestant = {
  name: 'mitmproxy',
  title: 'mitmproxy (mitmdump -q, no script)',
  protocols: ['h1', 'h2'],
  requests: 1000,
  uploadMb: 20,
  version: async () => {
    const { stdout } = await promisify(execFile)('mitmdump', ['--version']).catch(() => ({ stdout: '' }));
    return /Mitmproxy: (\S+)/.exec(stdout)?.[1] ?? null;
  },
  async start(dir, upstreamCaFile) {
    await mkdir(dir, { recursive: true });
    const proxyPort = await freePort();
    const listen = ['--listen-host', '127.0.0.1', '--listen-port', String(proxyPort)];
    const measured = await startMeasured({
      command: 'mitmdump',
      args: [
        '-q',
        ...listen,
        ...['--set', `confdir=${dir}`, '--set', `ssl_verify_upstream_trusted_ca=${upstreamCaFile}`],
      ],
      core: CORE,
      isReady: () => false,
      answers: () => canConnect(proxyPort),
    });
    return { ...measured, proxyPort, api: null };
  },
};

export const CONTESTANTS: Contestant[] = [lab, relay, httpMitmProxy, mitmproxy];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
