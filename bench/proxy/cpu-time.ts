/** What a request and a new connection cost a contestant, in CPU time of its process. */
import { type Entered, targetOf } from './contestant.ts';
import { CONCURRENCY, inLanes, openLoad, type Protocol } from './load.ts';
import { neverSeenHost } from './origin.ts';
import { openPhone, type Target } from './phone.ts';
import { http1Text, nextRequest } from './traffic.ts';

const CONNECTIONS_UNDER_WAY = 8;
let hosts = 0;

/** CPU seconds per 1,000 requests over kept-alive connections. */
export async function cpuPerThousand(
  entered: Entered,
  originPort: number,
  protocol: Protocol,
  requests: number,
): Promise<number> {
  const load = await openLoad(protocol, targetOf(entered, originPort));
  try {
    // Handshakes are not what is counted.
    await load.send(CONCURRENCY);
    const before = entered.running.cpuSeconds();
    await load.send(requests);
    return ((entered.running.cpuSeconds() - before) / requests) * 1000;
  } finally {
    load.close();
  }
}

/** CPU milliseconds per connection: tunnel, a whole TLS handshake on both sides, one request, end. */
export async function cpuPerConnection(
  entered: Entered,
  originPort: number,
  kind: 'known' | 'neverSeen',
  connections: number,
): Promise<number> {
  const target = targetOf(entered, originPort);
  const once = async (): Promise<void> => {
    if (kind === 'known') return request(target);
    const name = neverSeenHost(hosts++);
    // No resolver knows these names: tunnels go to the address, as redirected connections do, or to where the Host field says.
    if (entered.contestant.dialsHostField) return request({ ...target, tunnelTo: `${name}:${originPort}` }, name);
    return request({ ...target, tunnelTo: `127.0.0.1:${originPort}`, host: `${name}:${originPort}` }, name);
  };
  const before = entered.running.cpuSeconds();
  await inLanes(CONNECTIONS_UNDER_WAY, connections, once);
  return ((entered.running.cpuSeconds() - before) / connections) * 1000;
}

async function request(target: Target, servername?: string): Promise<void> {
  const phone = await openPhone(target, servername);
  await phone.send(http1Text(target.host, nextRequest()));
  phone.socket.destroy();
}
