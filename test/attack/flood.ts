/**
 * One phone that opens connections for as long as it runs, as many at once as it can hold, each with a CONNECT, half a request or
 * nothing. In a thread of its own, so that it takes no time of those whose answers are measured. Also the server they all ask.
 */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

/** What is asked of such a thread. */
export type FloodTask = { serve: true } | { serve: false; port: number; host: string; from: string; atOnce: number };

export interface FloodCounts {
  opened: number;
  refused: number;
}

const task = workerData as FloodTask;
const counts: FloodCounts = { opened: 0, refused: 0 };

if (parentPort) {
  if (task.serve) serve();
  else {
    // A phone has a processor of its own: here it takes what the lab leaves. Of this thread alone (setpriority(2), NOTES).
    setPriority(19);
    for (let lane = 0; lane < task.atOnce; lane++) open(task);
  }
}

function serve(): void {
  const server = createServer((_request, response) => response.end('ok'));
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', 4096, () => parentPort?.postMessage((server.address() as AddressInfo).port));
}

function open({ port, host, from }: FloodTask & { serve: false }): void {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  const words = ['', `CONNECT ${host}:80 HTTP/1.1\r\n\r\n`, `GET http://${host}/ HTTP/1.1\r\nX: `];
  socket.once('connect', () => {
    counts.opened++;
    socket.write(words[counts.opened % words.length] ?? '');
  });
  socket.on('error', () => {});
  socket.resume();
  socket.once('close', () => {
    counts.refused++;
    setImmediate(open, task as FloodTask & { serve: false });
  });
}

parentPort?.on('message', () => parentPort?.postMessage(counts));
