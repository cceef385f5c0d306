/** Keeps what crosses the wire between a client and the lab, connection by connection, and the TLS secrets that open it. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Lab } from './client.ts';

export interface Wire {
  /** The lab as a client reaches it through the tap. */
  lab: Lab;
  /** In the order they were opened; parts in the order they came. */
  connections: { up: boolean; bytes: Buffer }[][];
  /** Lines of an SSLKEYLOGFILE. */
  keys: string[];
  close(): void;
}

export async function tapWire(lab: Lab): Promise<Wire> {
  const connections: Wire['connections'] = [];
  const keys: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const parts: Wire['connections'][number] = [];
    connections.push(parts);
    const onward = connect({ ...lab.proxy, allowHalfOpen: true });
    const pass = (from: Socket, to: Socket, up: boolean): void => {
      from.on('data', (bytes: Buffer) => {
        parts.push({ up, bytes });
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    };
    pass(client, onward, true);
    pass(onward, client, false);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    lab: { ...lab, proxy: { host: '127.0.0.1', port }, onKeys: (line) => keys.push(line.toString()) },
    connections,
    keys,
    close: () => void server.close(),
  };
}
