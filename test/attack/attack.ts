/** What every attack is given: one running lab with one registered phone, and a server on this machine that nobody may reach. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { startWorld, type World } from '../e2e/world.ts';
import type { Random, Trial } from '../trials/trial.ts';

export interface AttackContext {
  world: World;
  /** Listens on all of this machine's addresses. */
  secret: { port: number; hits(): number };
  random: Random;
  isFull: boolean;
}

export type Attack = Trial<AttackContext>;

export async function openAttackContext(
  random: Random,
  isFull: boolean,
): Promise<AttackContext & { end(): Promise<void> }> {
  let hits = 0;
  const server = createServer((_request, response) => {
    hits++;
    response.end('secret');
  });
  // Somebody who only connects has reached it.
  server.on('connection', () => hits++);
  await new Promise<void>((done) => server.listen(0, done));
  const world = await startWorld({ env: { PHONEHOME_LOG: 'trace' }, args: ['--host', '0.0.0.0'] });
  return {
    world,
    secret: { port: (server.address() as AddressInfo).port, hits: () => hits },
    random,
    isFull,
    async end() {
      await world.end();
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Asked {
  /** What came back, as latin1. */
  text: string;
  /** False: the time was over first. */
  isClosed: boolean;
}

/** Sends bytes as they are. Resolves when the lab closes, `enough` is satisfied, or the time is over. */
export function ask(
  port: number,
  bytes: string | Buffer,
  { enough = () => false, limitMs = 5000 }: { enough?: (text: string) => boolean; limitMs?: number } = {},
): Promise<Asked> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const parts: string[] = [];
    let isClosed = true;
    const limit = setTimeout(() => {
      isClosed = false;
      socket.destroy();
    }, limitMs);
    socket.on('error', () => {});
    socket.on('data', (part) => {
      parts.push(part.toString('latin1'));
      if (enough(parts.join(''))) socket.destroy();
    });
    socket.once('close', () => {
      clearTimeout(limit);
      resolve({ text: parts.join(''), isClosed });
    });
    socket.write(bytes);
  });
}

/** A whole head has come. */
export const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

export const statusOf = (text: string): number => Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);

/** All of them, some at a time. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** A null where the lab answers as ever, else what is wrong with it. */
export async function unwell({ world }: AttackContext): Promise<string | null> {
  try {
    const { status } = await fetch(`${world.lab.ready.ui.url}/api/health`, { signal: AbortSignal.timeout(30_000) });
    const page = await ask(
      world.lab.phone.proxy.port,
      `GET ${world.http}/page HTTP/1.1\r\nHost: ${world.host}\r\n\r\n`,
      {
        enough: (text) => text.includes('the page of the lab'),
        limitMs: 30_000,
      },
    );
    if (status !== 200) return `the UI port answers ${status}`;
    return page.text.includes('the page of the lab') ? null : `a phone is answered ${page.text.slice(0, 80)}`;
  } catch (error) {
    return `the lab does not answer: ${(error as Error).message}`;
  }
}
