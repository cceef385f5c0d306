/** Records what a real client and a real server say to each other over loopback, in its order, one script per connection. */
import { execFile } from 'node:child_process';
import net from 'node:net';
import { type Tool, toolPath } from '../clients/tools.ts';
import type { Step } from './reading.ts';

export interface Recorder {
  port: number;
  /** One script per connection, in the order they were opened. */
  connections: Step[][];
  close(): Promise<void>;
}

/** A relay in front of `targetPort` that notes every chunk before it passes it on. */
export async function recordTo(targetPort: number): Promise<Recorder> {
  const connections: Step[][] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const steps: Step[] = [];
    connections.push(steps);
    const upstream = net.connect(targetPort, '127.0.0.1');
    for (const [from, to, direction] of [
      [client, upstream, 'request'],
      [upstream, client, 'response'],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        steps.push([direction, Buffer.from(chunk)]);
        to.write(chunk);
      });
      from.on('end', () => to.end());
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  await listening(server);
  return {
    port: portOf(server),
    connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return closed(server);
    },
  };
}

export function listening(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

export function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Runs a client program to its end; its standard output. */
export function run(tool: Tool, args: string[]): Promise<string> {
  const program = toolPath(tool);
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 120_000, encoding: 'latin1' }, (error, stdout, stderr) =>
      error ? reject(new Error(`${program}: ${error.message} ${stderr}`)) : resolve(stdout),
    );
  });
}
