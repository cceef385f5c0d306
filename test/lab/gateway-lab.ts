/**
 * The product on the gateway host, servers on the internet host, nothing set on the phone: what every laboratory test
 * stands on. Everything is a process of its own in its namespace and is ended by `end()`, whatever happened.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Alert } from '../../src/model/alert.ts';
import { eventually } from '../e2e/eventually.ts';
import type { InternetOptions } from './internet.ts';
import { createLabNetwork, type Host, type LabNetwork } from './network.ts';
import type { Talk, Talked } from './talk.ts';
import { endOwnRun, labDirectory } from './traces.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
const script = (name: string): string => path.join(import.meta.dirname, name);

export interface Ready {
  proxy: { port: number };
  transparent: { port: number } | null;
  ui: { url: string };
  ca: { pem: string };
  token: string;
}

export interface GatewayLab {
  net: LabNetwork;
  dataDir: string;
  ready: Ready;
  pid: number;
  stderr(): string;
  /** The current state of every alert. */
  alerts(): Alert[];
  until(what: string, condition: (alerts: Alert[]) => boolean): Promise<Alert[]>;
  /** What the servers saw, in order. */
  seen: Record<string, unknown>[];
  /** `phonehome gateway …` on the gateway host. */
  gateway(...args: string[]): { code: number; stdout: string; stderr: string };
  /** curl on the phone, with the lab's CA: what it printed, or its error. */
  curl(...args: string[]): string;
  talk(talk: Talk): Promise<Talked>;
  api(method: string, path: string, body?: object): unknown;
  metrics(): string;
  /** As the power going out. */
  kill(): Promise<void>;
  /** Once more, on the same data. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

export interface GatewayLabOptions {
  /** The whole gateway.yaml. Default: lan0 and wan0, addresses as they are. */
  writeConfig?: () => string;
  addresses: string[];
  /** On the certificates of the usual servers. */
  names?: [string, ...string[]];
  /** Other servers than the usual ones: starts them and resolves with the authority that certifies them, or null. */
  servers?: (net: LabNetwork) => Promise<string | null>;
  devices: string | ((dataDir: string) => string);
  args?: string[];
  /** The lab's process has no capability at all, as an ordinary user's. */
  withoutRights?: boolean;
  /** After the network is there, before anything is started. */
  prepare?: (net: LabNetwork, dataDir: string) => void | Promise<void>;
  /** Before `gateway up`. Default: true. */
  up?: boolean;
}

export async function startGatewayLab(options: GatewayLabOptions): Promise<GatewayLab> {
  const net = createLabNetwork();
  const dataDir = labDirectory();
  const seen: Record<string, unknown>[] = [];
  const lines: { type: string; alert?: Alert }[] = [];
  const errors: string[] = [];
  let child: ChildProcess | null = null;
  let ready: Ready | null = null;

  const start = (host: Host, command: string[], onLine: (line: string) => void): ChildProcess => {
    const started = net.start(host, command);
    started.stderr?.on('data', (part: Buffer) => errors.push(part.toString()));
    if (started.stdout) createInterface({ input: started.stdout }).on('line', onLine);
    return started;
  };

  const startServers = async (): Promise<string> => {
    const internet: InternetOptions = { addresses: options.addresses, names: options.names ?? ['server.example.com'] };
    start('internet', [process.execPath, script('internet.ts'), JSON.stringify(internet)], (line) =>
      seen.push(JSON.parse(line)),
    );
    const ready = await eventually('the servers', () => seen.find((one) => one.ready), 60_000);
    return String(ready.caPem);
  };

  const gateway = (...args: string[]) =>
    net.spawn('gateway', [process.execPath, BIN, 'gateway', ...args, '--data', dataDir]);

  const startLab = async (): Promise<void> => {
    ready = null;
    const args = ['--json', '--host', '::', '--proxy-port', '0', '--ui-port', '8081', '--data', dataDir];
    const files = ['--devices', path.join(dataDir, 'given-devices.yaml')];
    const world = path.join(dataDir, 'world.pem');
    if (existsSync(world)) files.push('--upstream-ca', world);
    const rights = options.withoutRights ? ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'] : [];
    const command = [...rights, process.execPath, BIN, 'start', ...args, ...files, ...(options.args ?? [])];
    const started = start('gateway', command, (line) => {
      const told = JSON.parse(line);
      if (told.type === 'ready') ready = told;
      else lines.push(told);
    });
    child = started;
    await eventually(
      'the lab to be ready',
      () => {
        if (started.exitCode !== null) throw new Error(`the lab ended with ${started.exitCode}: ${errors.join('')}`);
        return ready;
      },
      60_000,
    );
  };

  const stopChild = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };

  const end = async (): Promise<void> => {
    try {
      await stopChild('SIGTERM');
      if (options.up !== false) gateway('down');
    } finally {
      net.down();
      rmSync(dataDir, { recursive: true, force: true });
      endOwnRun();
    }
  };

  try {
    for (const address of options.addresses) net.addServerAddress(address);
    await options.prepare?.(net, dataDir);
    const { devices } = options;
    const deviceFile = typeof devices === 'string' ? devices : devices(dataDir);
    writeFileSync(path.join(dataDir, 'given-devices.yaml'), deviceFile);
    const config = options.writeConfig?.() ?? 'lan: lan0\nuplink: wan0\ndhcp: false\n';
    writeFileSync(path.join(dataDir, 'gateway.yaml'), config);
    const caPem = options.servers ? options.servers(net) : startServers();
    if (options.up !== false) {
      const up = gateway('up');
      if (up.code !== 0) throw new Error(`gateway up: ${up.stderr}${up.stdout}`);
    }
    const world = await caPem;
    if (world !== null) writeFileSync(path.join(dataDir, 'world.pem'), world);
    await startLab();
  } catch (error) {
    await end();
    throw error;
  }

  const ask = (pathAndQuery: string, ...args: string[]): string => {
    const { ui, token } = ready as Ready;
    const bearer = `authorization: Bearer ${readFileSync(token, 'utf8').trim()}`;
    const url = `http://127.0.0.1:${new URL(ui.url).port}${pathAndQuery}`;
    return net.run('gateway', ['curl', '-sS', '-H', bearer, ...args, url]);
  };

  const lab: GatewayLab = {
    net,
    dataDir,
    get ready() {
      return ready as Ready;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    seen,
    stderr: () => errors.join(''),
    alerts() {
      const latest = new Map<string, Alert>();
      for (const { alert } of lines) if (alert) latest.set(alert.id, alert);
      return [...latest.values()];
    },
    async until(what, condition) {
      try {
        return await eventually(what, () => (condition(lab.alerts()) ? lab.alerts() : null));
      } catch (error) {
        const told = lab.alerts().map((one) => `${one.type} ${one.severity} ${one.destination?.ip} ${one.message}`);
        throw new Error(`${error instanceof Error ? error.message : error}\n${told.join('\n')}\n${lab.stderr()}`);
      }
    },
    gateway,
    curl(...args) {
      const ca = (ready as Ready).ca.pem;
      const ran = net.spawn('phone', ['curl', '-sS', '--max-time', '60', '--noproxy', '*', '--cacert', ca, ...args]);
      return ran.code === 0 ? ran.stdout : `curl ${ran.code}: ${ran.stderr}`;
    },
    async talk(talk) {
      const started = net.start('phone', [process.execPath, script('talk.ts'), JSON.stringify(talk)]);
      let said = '';
      started.stdout?.on('data', (part: Buffer) => {
        said += part.toString();
      });
      started.stderr?.on('data', (part: Buffer) => errors.push(part.toString()));
      await once(started, 'close');
      return JSON.parse(said);
    },
    api(method, pathAndQuery, body) {
      const given = body ? ['-H', 'content-type: application/json', '--data-binary', JSON.stringify(body)] : [];
      const said = ask(pathAndQuery, '-X', method, ...given);
      return said === '' ? null : JSON.parse(said);
    },
    metrics: () => ask('/metrics'),
    kill: () => stopChild('SIGKILL'),
    restart: startLab,
    end,
  };
  return lab;
}
