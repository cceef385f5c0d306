/** Node's HTTP/2 client through the lab's proxy. */
import { connect } from 'node:http2';
import type { Answer, Ask, Lab } from './client.ts';
import { openTls } from './tunnel.ts';

export async function askNodeHttp2(lab: Lab, ask: Ask): Promise<Answer> {
  const url = new URL(ask.url);
  try {
    const socket = await openTls(lab, url.hostname, Number(url.port || 443), ['h2']);
    if (socket.alpnProtocol !== 'h2') throw new Error(`the lab chose ${socket.alpnProtocol || 'no protocol'}`);
    const session = connect(url.origin, { createConnection: () => socket });
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    session.once('error', reject);
    const stream = session.request({
      ':method': ask.method ?? (ask.body ? 'POST' : 'GET'),
      ':path': url.pathname + url.search,
      ...Object.fromEntries(ask.headers ?? []),
    });
    let status: number | null = null;
    const parts: Buffer[] = [];
    stream.once('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('error', reject);
    stream.once('end', () => resolve({ ok: true, status, body: Buffer.concat(parts), stderr: '' }));
    stream.end(ask.body);
    return await promise.finally(() => session.close());
  } catch (error) {
    return { ok: false, status: null, body: Buffer.alloc(0), stderr: (error as Error).message };
  }
}
