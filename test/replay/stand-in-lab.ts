/**
 * The least a lab can be: a proxy that ends TLS with its own CA, follows an upstream map and changes nothing.
 * It lets the replays be proven without the product, so that the product can then be proven with the replays.
 */
import { createServer, type IncomingMessage, type ServerResponse, request as startHttp } from 'node:http';
import { createServer as createTlsServer, request as startHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Device } from '../../src/model/device.ts';
import type { ReplayLab, ReplayStep } from '../../src/replay/run.ts';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';
import type { UpstreamEntry } from '../../src/replay/vendor-servers.ts';

export interface StandInLab extends ReplayLab {
  steps: ReplayStep[];
  phases: string[];
  devices: Device[];
  upstream: UpstreamEntry[];
  vendorCas: string[];
  /** User names phones gave the proxy. */
  names: string[];
  /** Requests are answered 502 from now on. */
  break(): void;
  stop(): Promise<void>;
}

export async function startStandInLab(dataDir: string): Promise<StandInLab> {
  const authority = await createVendorAuthority(Date.now());
  let broken = false;

  const remember = (request: IncomingMessage): void => {
    const basic = request.headers['proxy-authorization']?.split(' ')[1] ?? '';
    lab.names.push(Buffer.from(basic, 'base64').toString().split(':')[0] ?? '');
  };

  const forward = (host: string, port: number, tls: boolean, incoming: IncomingMessage, outgoing: ServerResponse) => {
    const entry = lab.upstream.find((one) => one.host === host && one.port === port);
    if (broken || !entry) return void outgoing.writeHead(502).end(`no way to ${host}:${port}\n`);
    const [dialHost, dialPort] = entry.dial.split(':');
    const target = tls ? (incoming.url ?? '') : new URL(incoming.url ?? '').href.replace(/^http:\/\/[^/]+/, '');
    const options = { host: dialHost, port: dialPort, method: incoming.method, path: target, agent: false as const };
    const headers = incoming.rawHeaders.filter((_, i) => !/^proxy-/i.test(incoming.rawHeaders[i - (i % 2)] ?? ''));
    const upstream = tls
      ? startHttps({ ...options, headers, ca: lab.vendorCas, servername: host, setDefaultHeaders: false })
      : startHttp({ ...options, headers, setDefaultHeaders: false });
    upstream.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 0, response.rawHeaders);
      response.pipe(outgoing);
    });
    upstream.on('error', (error) => outgoing.writeHead(502).end(`${error.message}\n`));
    incoming.pipe(upstream);
  };

  const proxy = createServer((incoming, outgoing) => {
    remember(incoming);
    const url = new URL(incoming.url ?? '');
    forward(url.hostname, Number(url.port || 80), false, incoming, outgoing);
  });
  // After CONNECT the server no longer counts a socket as its own.
  const tunnels = new Set<Duplex>();
  proxy.on('connect', (request: IncomingMessage, socket) => {
    tunnels.add(socket);
    remember(request);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const inside = createTlsServer({ key: authority.keyPem, cert: authority.certify(host) }, (incoming, outgoing) =>
      forward(host, Number(port), true, incoming, outgoing),
    );
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    inside.emit('connection', socket);
  });
  const listening = Promise.withResolvers<void>();
  proxy.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;

  const collect = <T>(list: T[], items: T[]): (() => void) => {
    list.push(...items);
    return () => {
      list.splice(0, list.length, ...list.filter((item) => !items.includes(item)));
    };
  };
  const lab: StandInLab = {
    proxy: { host: '127.0.0.1', port: (proxy.address() as AddressInfo).port },
    caPem: authority.caPem,
    dataDir,
    steps: [],
    phases: [],
    devices: [],
    upstream: [],
    vendorCas: [],
    names: [],
    addUpstream: (entries) => collect(lab.upstream, entries),
    addUpstreamCa: (pem) => collect(lab.vendorCas, [pem]),
    addDevice: (device) => collect(lab.devices, [device]),
    mark: (phase) => void lab.phases.push(phase),
    onStep: (step) => void lab.steps.push(step),
    now: Date.now,
    break: () => {
      broken = true;
    },
    async stop() {
      for (const socket of tunnels) socket.destroy();
      proxy.closeAllConnections();
      const closed = Promise.withResolvers<void>();
      proxy.close(() => closed.resolve());
      await closed.promise;
    },
  };
  return lab;
}
