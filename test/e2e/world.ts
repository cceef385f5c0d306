/** One lab and one server on loopback that it may reach: what most end-to-end tests stand on. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Origin, startOrigin } from '../clients/origin.ts';
import { ANY_PHONE, type LabProcess, type StartOptions, startLab } from './lab-process.ts';

export interface World {
  origin: Origin;
  lab: LabProcess;
  /** Name on the origin's certificate. The upstream map files it under an address in China. */
  host: string;
  http: string;
  https: string;
  /** File with the authority that signed the origin's certificate: a client that trusts it and not the lab. */
  originCaFile: string;
  end(): Promise<void>;
}

export const HOST = 'collector.example.com';
/** An address of China Telecom: the flows of these tests are "simulated" contacts with it. */
const FILED_UNDER = '42.62.48.10';

export interface WorldOptions extends StartOptions {
  sinkPauseMs?: number;
  /** Further names of the same server on 80 and 443: the lab remembers rejections per name. */
  otherHosts?: string[];
  /** Names that are only on the certificate, for `more`. */
  certified?: string[];
  /** Further servers, started with the origin's certificate: under which name and port, and where they listen. */
  more?: (origin: Origin) => Promise<{ host: string; port: number; listensOn: number }[]>;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const origin = await startOrigin(
    [HOST, ...(options.otherHosts ?? []), ...(options.certified ?? [])],
    options.sinkPauseMs,
  );
  const dir = await mkdtemp(path.join(tmpdir(), 'world-'));
  const upstreamCa = path.join(dir, 'upstream-ca.pem');
  const upstreamMap = path.join(dir, 'upstream-map.json');
  await writeFile(upstreamCa, origin.caPem);
  const web = [HOST, ...(options.otherHosts ?? [])].flatMap((host) => [
    { host, port: 80, listensOn: origin.httpPort },
    { host, port: 443, listensOn: origin.tlsPort },
  ]);
  const map = [...web, ...((await options.more?.(origin)) ?? [])].map(({ host, port, listensOn }) => ({
    host,
    port,
    dial: `127.0.0.1:${listensOn}`,
    address: FILED_UNDER,
  }));
  await writeFile(upstreamMap, JSON.stringify(map));
  const lab = await startLab({
    devices: ANY_PHONE,
    ...options,
    args: ['--upstream-ca', upstreamCa, '--upstream-map', upstreamMap, ...(options.args ?? [])],
  });
  return {
    origin,
    lab,
    host: HOST,
    http: `http://${HOST}`,
    https: `https://${HOST}`,
    originCaFile: upstreamCa,
    async end() {
      await lab.stop();
      await origin.stop();
      await rm(dir, { recursive: true });
    },
  };
}
