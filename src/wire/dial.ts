/**
 * Connects to where the phone wants to go: upstream map, name resolution, policy on the resolved address, TCP.
 * Promise: policy sees the very address that is dialled, so a name that resolves to something else next time (DNS
 * rebinding) cannot slip by; failures are values with the reason a flow closes with.
 */
import { connect, isIP, type Socket } from 'node:net';
import { readOutBeforeFailing } from '../formats/tcp-reset.ts';
import type { Dialled } from '../model/connection.ts';
import type { CloseReason } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import { createLookUps } from './look-ups.ts';
import { createRace } from './race.ts';

export interface UpstreamEntry {
  dialHost: string;
  dialPort: number;
  /** Address to report as the destination; null: the one dialled. */
  address: string | null;
  simulated: boolean;
}

export type Permission = { ok: true } | { ok: false; why: Text };

export interface DialOptions {
  /** Null: dial as asked. Entries of the map are the operator's word: policy is not asked about them. */
  upstream: (host: string, port: number) => UpstreamEntry | null;
  /** Asked about the resolved address just before dialling; again with `isHere` when both ends turn out to be this machine. */
  mayConnect: (ip: string, port: number, isHere?: boolean) => Permission;
  /** All addresses of a name; rejects as `dns.promises.lookup` does. */
  resolve: (host: string) => Promise<string[]>;
  /** For the whole dial, milliseconds. */
  connectTimeoutMs: number;
}

export interface Target {
  host: string;
  port: number;
  /** Who asks: look-ups are shared out between phones. */
  client?: string;
}

export function createDial(options: DialOptions): (target: Target) => Promise<Dialled> {
  const race = createRace();
  const lookUp = createLookUps({ resolve: options.resolve, timeoutMs: options.connectTimeoutMs });

  const addressesOf = async (
    host: string,
    client: string,
  ): Promise<{ ok: true; list: string[] } | (Dialled & { ok: false })> => {
    if (isIP(host) !== 0) return { ok: true, list: [host] };
    try {
      const list = await lookUp(host, client);
      if (list.length > 0) return { ok: true, list };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code ? text('ended.unresolved', { code }) : text('ended.unresolved-silent');
      return failure('upstream-unresolvable', why);
    }
    return failure('upstream-unresolvable', text('ended.no-address'));
  };

  return async ({ host, port, client = '' }) => {
    const mapped = options.upstream(host, port);
    const dialPort = mapped?.dialPort ?? port;
    const simulated = mapped?.simulated ?? false;
    const addresses = await addressesOf(mapped?.dialHost ?? host, client);
    if (!addresses.ok) return { ...addresses, ip: mapped?.address ?? null, simulated };
    const refused: (Dialled & { ok: false })[] = [];
    const allowed = addresses.list.filter((ip) => {
      const permission: Permission = mapped ? { ok: true } : options.mayConnect(ip, dialPort);
      if (!permission.ok)
        refused.push({ ...failure('refused-by-policy', permission.why), ip: mapped?.address ?? ip, simulated });
      return permission.ok;
    });
    if (allowed.length === 0) return refused.at(-1) ?? failure('upstream-unresolvable', text('ended.no-address'));
    const deadline = performance.now() + options.connectTimeoutMs;
    if (options.connectTimeoutMs <= 0) return failure('upstream-timeout', text('ended.not-tried'));
    const raced = await race<Dialled & { ok: true }, Dialled & { ok: false }>(allowed, dialPort, (ip) => {
      const about = { ip: mapped?.address ?? ip, simulated };
      const { socket, connected } = connectTo(ip, dialPort, Math.max(1, deadline - performance.now()));
      const outcome = connected.then((failed) => {
        if (failed) return { lost: { ...failed, ...about } };
        const isHere = socket.localAddress !== undefined && socket.localAddress === socket.remoteAddress;
        const arrived: Permission = mapped || !isHere ? { ok: true } : options.mayConnect(ip, dialPort, true);
        if (arrived.ok) return { won: { ok: true, socket, ...about } as const };
        socket.destroy();
        return { lost: { ...failure('refused-by-policy', arrived.why), ...about } };
      });
      return { outcome, cancel: () => socket.destroy() };
    });
    return 'won' in raced ? raced.won : raced.lost.at(-1)!;
  };
}

function failure(reason: CloseReason, detail: Text): Dialled & { ok: false } {
  return { ok: false, reason, detail, ip: null, simulated: false };
}

/** Once more, to an address that policy has allowed. */
export async function dialAddress(ip: string, port: number, timeoutMs: number): Promise<Dialled> {
  const { socket, connected } = connectTo(ip, port, timeoutMs);
  return (await connected) ?? { ok: true, socket, ip, simulated: false };
}

/** `connected`: what went wrong; null when nothing did. */
function connectTo(
  host: string,
  port: number,
  timeoutMs: number,
): { socket: Socket; connected: Promise<(Dialled & { ok: false }) | null> } {
  const socket = connect({
    host,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  });
  const connected = new Promise<(Dialled & { ok: false }) | null>((resolve) => {
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(failure('upstream-timeout', text('ended.server-late')));
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      readOutBeforeFailing(socket);
      resolve(null);
    });
    // Stays: an error between the dial and the relay must not be unhandled. `socket.errored` keeps it.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(connectFailure(error));
    });
    // Given up by whoever asked: nobody waits any more.
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(failure('upstream-timeout', text('ended.server-late')));
    });
  });
  return { socket, connected };
}

function connectFailure(error: NodeJS.ErrnoException): Dialled & { ok: false } {
  if (error.code === 'ECONNREFUSED') return failure('upstream-refused', text('ended.server-refused'));
  if (error.code === 'ETIMEDOUT') return failure('upstream-timeout', text('ended.server-late'));
  return failure('upstream-refused', text('ended.unreachable', { code: error.code ?? error.message }));
}
