/** What the benchmark asks of everything it measures, and how it talks to it once it runs. */
import { connect, createServer } from 'node:net';
import type { Protocol } from './load.ts';
import type { MeasuredProcess } from './measured-process.ts';
import { type Identity, ORIGIN_HOST } from './origin.ts';
import type { Target } from './phone.ts';

export interface Contestant {
  /** Short and unique; `lab…` are labs. */
  id: string;
  title: string;
  protocols: Protocol[];
  /** Requests and new connections per measurement: slow ones get fewer, so that a run ends. */
  requests: number;
  connections: number;
  /** Of the stalled upload: who buffers it whole gets less. */
  uploadMb: number;
  /** `connect`: a proxy asked with CONNECT. `direct`: a port that speaks TLS and leads to one server. */
  entry: 'connect' | 'direct';
  /** Makes a certificate for a name it sees for the first time, here, where the origin has one certificate for all names. */
  mintsCertificates: boolean;
  /** Dials what the Host field says, whatever the tunnel was asked for. */
  dialsHostField?: boolean;
  /** What to install when `version` answers null. */
  needs: string;
  version(): Promise<string | null>;
  start(context: StartContext): Promise<Running>;
}

export interface StartContext {
  /** Its own and empty. */
  dir: string;
  identity: Identity;
  originPort: number;
  /** As taskset(1) lists them. */
  cores: string;
  /** Of a lab: its phones (YAML). */
  devices?: string;
  /** Of a lab: further flags of `start`. */
  flags?: readonly string[];
  env?: Record<string, string>;
}

export interface Running extends MeasuredProcess {
  port: number;
  /** Of a lab only. */
  api: { url: string; token: string } | null;
}

/** Who takes part, and what it runs as at the moment. */
export interface Entered {
  contestant: Contestant;
  running: Running;
}

export function targetOf({ contestant, running }: Entered, originPort: number, localAddress?: string): Target {
  const host = `${ORIGIN_HOST}:${originPort}`;
  return { port: running.port, tunnelTo: contestant.entry === 'connect' ? host : null, host, localAddress };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
