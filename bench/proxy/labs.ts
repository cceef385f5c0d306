/**
 * The product among the contestants: as it is started, without its memory flags, and as bare relay; and the same of another
 * checkout (`--tree DIR`), so that before and after stand in one run.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Contestant, Running, StartContext } from './contestant.ts';
import { startMeasured } from './measured-process.ts';
import { startProgram } from './peers.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

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

const described = async (tree: string): Promise<string> => {
  const git = ['-C', tree, 'describe', '--always', '--dirty', '--abbrev=7'];
  const { stdout } = await promisify(execFile)('git', git).catch(() => ({ stdout: '' }));
  return stdout.trim() || path.basename(tree);
};

const COMMON = {
  requests: 15_000,
  connections: 1000,
  uploadMb: 200,
  entry: 'connect',
  mintsCertificates: true,
} as const;

/** The contestants of one checkout of the product. The own one is `lab`, another `lab@COMMIT`. */
export async function labsOf(tree: string): Promise<Contestant[]> {
  const version = await described(tree);
  const id = tree === ROOT ? 'lab' : `lab@${version}`;
  const lab = (suffix: string, title: string, program: string): Contestant => ({
    ...COMMON,
    id: `${id}${suffix}`,
    title,
    protocols: ['h1', 'h2'],
    needs: `a checkout of this project with its dependencies (npm ci) in ${path.basename(tree)}`,
    version: async () => (existsSync(path.join(tree, program)) ? version : null),
    start: (context) => startLab(tree, program, context),
  });
  return [
    lab('', 'Phonehome, everything on, one phone registered', 'bin/phonehome.mjs'),
    lab('-plain', 'Phonehome without its memory flags', 'src/cli/main.ts'),
  ];
}

export const relay: Contestant = {
  ...COMMON,
  id: 'relay',
  title: 'Phonehome, nobody reads: door, wire and certificates alone',
  protocols: ['h1', 'h2'],
  requests: 25_000,
  needs: '',
  version: () => described(ROOT),
  start: startProgram(path.join(import.meta.dirname, 'bare-relay.ts')),
};

async function startLab(tree: string, program: string, context: StartContext): Promise<Running> {
  const { dir, identity, cores, devices = PHONE, flags: more = [], env } = context;
  const devicesFile = path.join(dir, 'phones.yaml');
  await writeFile(devicesFile, devices);
  let ready: { proxy: { port: number }; ui: { url: string }; token: string } | null = null;
  const flags = ['--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0', '--data', dir, '--devices', devicesFile];
  const measured = await startMeasured({
    command: process.execPath,
    args: [
      path.join(tree, program),
      ...['start', '--json', ...flags],
      ...['--allow-destinations', '127.0.0.0/8', '--upstream-ca', identity.caFile],
      ...more,
    ],
    cores,
    env,
    isReady(line) {
      const said = JSON.parse(line) as { type: string };
      if (said.type === 'ready') ready = said as unknown as typeof ready;
      return ready !== null;
    },
  });
  const { proxy, ui, token } = ready!;
  return { ...measured, port: proxy.port, api: { url: ui.url, token: (await readFile(token, 'utf8')).trim() } };
}

/** Alerts and updates since the start: ordinary traffic should raise none. Null when it is no lab. */
export async function alertsRaised({ api }: Running): Promise<number | null> {
  return api && metric(await metrics(api), 'phonehome_alerts_total');
}

export async function metrics(api: { url: string; token: string }): Promise<string> {
  const answer = await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${api.token}` } });
  return answer.text();
}

/** One sample of a Prometheus text; null when it is not there. `name` with its labels as they are printed. */
export function metric(text: string, name: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}
