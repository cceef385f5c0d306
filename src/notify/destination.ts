/**
 * Where the lab's own messages may go. Promise: the address is judged when it is dialled, not before; the phones' own network
 * and a cloud's metadata service are never dialled; a private address only where the operator said so.
 */
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { say } from '../formats/say.ts';
import { type Text, text } from '../model/text.ts';

export interface Guard {
  isPrivate: boolean;
  /** Of the network that phones under test are on. */
  isPhones: (ip: string) => boolean;
}

const INSIDE = new Set(['private', 'loopback', 'uniqueLocal', 'linkLocal', 'carrierGradeNat']);
const METADATA = new Set(['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192']);

/** Why this address is not dialled; null: it may be. */
export function addressProblem(ip: string, { isPrivate, isPhones }: Guard): Text | null {
  const address = ipaddr.process(ip);
  if (METADATA.has(address.toString())) return text('sending.metadata', { ip });
  if (isPhones(address.toString())) return text('sending.phones', { ip });
  const range = address.range();
  if (range === 'unicast') return null;
  if (isPrivate && INSIDE.has(range)) return null;
  return INSIDE.has(range) ? text('sending.private', { ip }) : text('sending.no-server', { ip });
}

export class DestinationError extends Error {
  override name = 'DestinationError';
  readonly why: Text;

  constructor(why: Text) {
    super(say(why));
    this.why = why;
  }
}

/** One address of a host that may be dialled. @throws DestinationError, or what DNS says */
export async function resolveAllowed(host: string, guard: Guard): Promise<string> {
  const found = isIP(host) ? [host] : (await lookUp(host, { all: true })).map(({ address }) => address);
  const problems = found.map((ip) => addressProblem(ip, guard));
  const at = problems.indexOf(null);
  if (at < 0) throw new DestinationError(problems[0] ?? text('sending.host', { host }));
  return found[at] as string;
}

/** For `http.request`: asked at every connection. */
export function guardedLookup(guard: Guard): LookupFunction {
  return (host, { all }, done) => {
    resolveAllowed(host, guard).then(
      (address) => {
        const family = isIP(address);
        if (all) done(null, [{ address, family }]);
        else done(null, address, family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}
