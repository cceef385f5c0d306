/** Handshakes in forms that are legal and rare: a ClientHello in several records, byte by byte; renegotiation that the server asks for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireTool, toolPath } from '../clients/tools.ts';
import { openTls, openTunnel } from '../clients/tunnel.ts';
import { eventually } from './eventually.ts';
import { HOST, startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const RENEGOTIATING = 'renegotiating.example.com';
const HANDSHAKE = 22;

let world: World;
let dir: string;
let port = 0;
let server: ChildProcess | null = null;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'handshakes-'));
  port = await freePort();
  world = await startWorld({
    certified: [RENEGOTIATING],
    more: async ({ certPem, keyPem }) => {
      await writeFile(path.join(dir, 'cert.pem'), certPem);
      await writeFile(path.join(dir, 'key.pem'), keyPem);
      return [{ host: RENEGOTIATING, port: 443, listensOn: port }];
    },
  });
});
afterAll(async () => {
  server?.kill();
  await world.end();
  await rm(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return free;
}

/** A socket whose first record, the ClientHello, goes out as several of `size` bytes, each in segments of its own. */
function inPieces(socket: Socket, size: number): Duplex {
  let isFirst = true;
  const cut = (record: Buffer): Buffer[] => {
    const pieces: Buffer[] = [];
    for (let at = 5; at < record.length; at += size) {
      const part = record.subarray(at, at + size);
      const head = Buffer.from([HANDSHAKE, record[1]!, record[2]!, part.length >> 8, part.length & 0xff]);
      pieces.push(head.subarray(0, 3), Buffer.concat([head.subarray(3), part]));
    }
    return pieces;
  };
  const duplex = new Duplex({
    read: () => {},
    write(chunk: Buffer, _, done) {
      const pieces = isFirst && chunk[0] === HANDSHAKE ? cut(chunk) : [chunk];
      isFirst = false;
      const next = (): void => {
        const piece = pieces.shift();
        if (piece === undefined) done();
        else socket.write(piece, () => setImmediate(next));
      };
      next();
    },
    final: (done) => void socket.end(done),
  });
  socket.setNoDelay(true);
  socket.on('data', (data) => duplex.push(data)).on('end', () => duplex.push(null));
  return duplex;
}

async function ask(tls: TLSSocket, text: string): Promise<string> {
  let answer = '';
  tls.on('data', (data) => {
    answer += data;
  });
  tls.write(text);
  await once(tls, 'end');
  return answer;
}

it.each([
  { size: 40, kind: 'imei', value: IMEI },
  { size: 300, kind: 'imsi', value: '001010123456789' },
])(
  'a ClientHello in records of $size bytes is read: the app works, and what it sends is seen',
  async ({ size, kind, value }) => {
    const socket = await openTunnel(world.lab.phone, HOST, 443);
    const ca = await readFile(world.lab.phone.caFile!, 'utf8');
    // A post-quantum share makes it longer than a segment.
    const tls = connectTls({
      socket: inPieces(socket, size),
      servername: HOST,
      ca,
      ecdhCurve: 'X25519MLKEM768:X25519',
    });
    await once(tls, 'secureConnect');
    expect(tls.getPeerCertificate().issuer.CN).toContain('Phonehome');
    const body = `${kind}=${value}`;
    const head = `POST /pieces-${size} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    expect(await ask(tls, head + body)).toMatch(/^HTTP\/1\.1 200/);
    await world.lab.until(kind, (alerts) => alerts.some(({ identifier }) => identifier?.kind === kind));
  },
);

it('a server that asks for renegotiation gets it, and the app notices nothing', async (context) => {
  requireTool(context, 'openssl');
  const files = ['-cert', path.join(dir, 'cert.pem'), '-key', path.join(dir, 'key.pem')];
  // Lines typed at it go to the client; `R` asks for a handshake anew.
  const typed = spawn(toolPath('openssl'), ['s_server', '-tls1_2', '-msg', ...files, '-accept', `127.0.0.1:${port}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  server = typed;
  let said = '';
  for (const stream of [typed.stdout, typed.stderr])
    stream.on('data', (data: Buffer) => {
      said += data;
    });
  await eventually('s_server listens', async () => said.includes('ACCEPT'));
  const tls = await openTls(world.lab.phone, RENEGOTIATING, 443, []);
  let got = '';
  tls.on('data', (data: Buffer) => {
    got += data;
  });
  tls.write('before\n');
  await eventually('the server has it', async () => said.includes('before'));
  typed.stdin.write('R\n');
  await eventually('another handshake', async () => (said.match(/<<< .*ClientHello/g) ?? []).length === 2);
  typed.stdin.write('after\n');
  await eventually('the app has what came after it', async () => got.includes('after'));
  tls.write(`imei=${IMEI}\n`);
  await eventually('the server has what was sent after it', async () => said.includes(`imei=${IMEI}`));
  await world.lab.until('the IMEI', (alerts) => alerts.some(({ destination }) => destination?.host === RENEGOTIATING));
  tls.destroy();
});
