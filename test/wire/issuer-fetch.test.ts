/** Intermediates that a server leaves out, fetched where the operator allows it: real sockets, and nothing on a server's word alone. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { connect as connectTls, createServer as createTls, type TLSSocket } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { text } from '../../src/model/text.ts';
import { createIntermediates } from '../../src/wire/intermediates.ts';
import { createIssuerFetch } from '../../src/wire/issuer-fetch.ts';
import { createAuthority } from './certificates.ts';

const root = createAuthority('A root');
const between = root.intermediate('Between');
const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listening<S extends Server | ReturnType<typeof createTls>>(server: S): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Serves what it is given, and tells how often it was asked. */
async function library(body: string | Buffer, status = 200) {
  const asked: string[] = [];
  const port = await listening(
    createServer((request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      response.writeHead(status).end(body);
    }),
  );
  return { asked, address: `http://ca.example.com:${port}/between.der` };
}

/** A connection to a server whose certificate names that address and that sends no intermediate. */
async function connectionTo(issuerAt: string): Promise<TLSSocket> {
  const port = await listening(
    createTls(between.issue(['bare.example.com'], { issuerAt }), (socket) => socket.resume()),
  );
  const stream = connectTls({
    host: '127.0.0.1',
    port,
    servername: 'bare.example.com',
    ca: root.pem,
    rejectUnauthorized: false,
  });
  await once(stream, 'secureConnect');
  open.push({ close: () => stream.destroy() });
  return stream;
}

const dialled: string[] = [];
function intermediates(mayDial = true) {
  dialled.length = 0;
  const dial = async ({ host, port }: { host: string; port: number }) => {
    dialled.push(`${host}:${port}`);
    if (!mayDial)
      return {
        ok: false,
        reason: 'refused-by-policy',
        detail: text('treated.private-network'),
        ip: null,
        simulated: false,
      } as const;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return { ok: true, socket, ip: '127.0.0.1', simulated: false } as const;
  };
  return createIntermediates({ fetchIssuer: createIssuerFetch(dial), roots: () => [root.pem] });
}

const DER = new X509Certificate(between.pem).raw;

it.each([
  ['DER', DER],
  ['PEM', between.pem],
])('the next connection is complete, and the address was asked once (%s)', async (_, body) => {
  const { asked, address } = await library(body);
  const known = intermediates();
  const stream = await connectionTo(address);
  expect(known.complete(stream)).toBe(false);
  await expect.poll(() => known.complete(stream)).toBe(true);
  expect(asked).toEqual([address.slice('http://'.length)]);
});

it.each<[string, string | Buffer, number?]>([
  ['another issuer', root.intermediate('Another').pem],
  ['one of the same name that no trusted root issued', createAuthority('A stranger').intermediate('Between').pem],
  ['no certificate', 'not here'],
  ['an error', DER, 404],
  ['more than a certificate is', Buffer.alloc(1 << 20)],
])('what was fetched counts for nothing: %s', async (_, body, status) => {
  const { asked, address } = await library(body, status);
  const known = intermediates();
  const stream = await connectionTo(address);
  expect(known.complete(stream)).toBe(false);
  await expect.poll(() => asked).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(known.complete(stream)).toBe(false);
});

it.each([
  ['https', 'https://ca.example.com/x.der', []],
  ['a file', 'file:///etc/passwd', []],
  ['where policy does not let it', 'http://169.254.169.254/latest', ['169.254.169.254:80']],
])('an address is the server’s word: %s', async (_, address, asked) => {
  const known = intermediates(false);
  expect(known.complete(await connectionTo(address))).toBe(false);
  await new Promise((resolve) => setImmediate(resolve));
  expect(dialled).toEqual(asked);
});
