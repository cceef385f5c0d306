/** A lab as `watch` and the other commands see it: token, alerts by seq, WebSocket with hello, alert and gap frames. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Alert } from '../../src/model/alert.ts';
import type { DeviceCoverage } from '../../src/model/coverage.ts';

export const TOKEN = 'lab-token-of-the-tests';

export interface FakeLab {
  url: string;
  port: number;
  /** Stores it and sends it to everyone connected. */
  raise(alert: Alert): void;
  /** Stores without sending, then says so, as to a client that was too slow. */
  raiseUnsent(alerts: Alert[]): void;
  /** Requests as `METHOD path`, with bodies. */
  requests: { line: string; body: string }[];
  coverage: DeviceCoverage[];
  connected(): number;
  /** Resolves when a WebSocket was opened for the n-th time. */
  untilConnections(n: number): Promise<void>;
  dropConnections(): void;
  /** Neither answers nor ends its connections, as a lab that hangs. */
  hush(silent: boolean): void;
  stop(): Promise<void>;
}

/** @param answer answers of further API paths. */
export async function startFakeLab(
  options: {
    port?: number;
    alerts?: Alert[];
    answer?: (line: string, body: string) => { status: number; body: unknown } | null;
  } = {},
): Promise<FakeLab> {
  const stored: Alert[] = [...(options.alerts ?? [])];
  const requests: { line: string; body: string }[] = [];
  const waiting: { n: number; resolve: () => void }[] = [];
  let opened = 0;
  const lab: Partial<FakeLab> = { requests, coverage: [] };

  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => route(request, body, response));
  });
  const route = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://lab');
    const line = `${request.method} ${url.pathname}${url.search}`;
    const reply = (status: number, answer: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    };
    if (url.pathname === '/api/health') return reply(200, { ok: true });
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return reply(401, { error: 'token' });
    requests.push({ line, body });
    const own = options.answer?.(line, body);
    if (own) return reply(own.status, own.body);
    if (url.pathname === '/api/alerts') {
      const since = Number(url.searchParams.get('since') ?? 0);
      const limit = Number(url.searchParams.get('limit') ?? 1000);
      return reply(200, { alerts: stored.filter((alert) => alert.seq > since).slice(0, limit) });
    }
    if (url.pathname === '/api/coverage') return reply(200, { coverage: lab.coverage });
    return reply(404, { error: `no ${url.pathname}` });
  };

  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  let silent = false;
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => {
      const since = new URL(request.url ?? '/', 'http://lab').searchParams.get('since');
      client.on('ping', () => silent || client.pong());
      client.send(JSON.stringify({ type: 'hello', v: 1, seq: stored.at(-1)?.seq ?? 0 }));
      if (since !== null)
        for (const alert of stored)
          if (alert.seq > Number(since)) client.send(JSON.stringify({ type: 'alert', alert }));
      opened++;
      for (const each of waiting) if (opened >= each.n) each.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send = (frame: object) => {
    for (const client of sockets.clients) client.send(JSON.stringify(frame));
  };
  return Object.assign(lab, {
    url: `http://127.0.0.1:${port}`,
    port,
    raise(alert: Alert) {
      stored.push(alert);
      send({ type: 'alert', alert });
    },
    raiseUnsent(alerts: Alert[]) {
      stored.push(...alerts);
      send({ type: 'gap', from: alerts[0]?.seq, to: alerts.at(-1)?.seq });
    },
    connected: () => sockets.clients.size,
    untilConnections: (n: number) =>
      opened >= n
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            waiting.push({ n, resolve });
          }),
    hush(wanted: boolean) {
      silent = wanted;
    },
    dropConnections() {
      for (const client of sockets.clients) client.terminate();
    },
    async stop() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  }) as FakeLab;
}
