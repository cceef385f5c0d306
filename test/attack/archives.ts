/** Archives and recordings made to fill memory or time: as bodies of a phone, and as files that an operator has scanned. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { phonehome } from '../e2e/lab-process.ts';
import { bombs } from '../hostile/costly-inputs.ts';
import { type Attack, eachOf, unwell } from './attack.ts';

const MAX_GROWTH_BYTES = 400 << 20;

/** Each ends by itself, in one line for each file and no stack. */
function files(megabytes: number): [name: string, content: Buffer][] {
  const entry = `{"request":{"url":"http://a.invalid/","method":"GET","headers":[]},"response":{"headers":[]}},`;
  const block = Buffer.alloc(28);
  block.writeUInt32LE(0x0a0d0d0a, 0);
  block.writeUInt32LE(28, 4);
  block.writeUInt32LE(0x1a2b3c4d, 8);
  const endless = Buffer.alloc(12);
  endless.writeUInt32LE(6, 0);
  endless.writeUInt32LE(0xffff_fffc, 4);
  return [
    ['zeros.har.gz', gzipSync(Buffer.alloc(megabytes << 20))],
    ['zeros.gz.gz', gzipSync(gzipSync(Buffer.alloc(megabytes << 20)))],
    ['zeros.zst', zstdCompressSync(Buffer.alloc(megabytes << 20))],
    ['spaces.har.gz', gzipSync(Buffer.concat([Buffer.from('{"log":'), Buffer.alloc(megabytes << 20, ' ')]))],
    ['deep.har', Buffer.from(`{"log":{"entries":${'['.repeat(200_000)}`)],
    ['many.har', Buffer.from(`{"log":{"entries":[${entry.repeat(20_000)}`)],
    ['half.gz', gzipSync(Buffer.alloc(1 << 20)).subarray(0, 500)],
    ['endless-block.pcapng', Buffer.concat([block, endless, Buffer.alloc(100)])],
    ['no-length.pcapng', Buffer.concat([block, Buffer.alloc(4096)])],
    [
      'climbs.zip',
      Buffer.from('PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0../../climbed.h', 'latin1'),
    ],
    ['one-line.ndjson', Buffer.alloc(4 << 20, '{')],
  ];
}

export const archives: Attack = {
  name: 'archives made to fill memory or time',
  needs: [],
  async run(context) {
    const { world, isFull, random } = context;
    const some = <T>(all: T[]): T[] => (isFull ? all : Array.from({ length: 3 }, () => random.pick(all)));
    const megabytes = isFull ? 256 : 64;
    const lost: string[] = [];
    const before = await world.lab.residentBytes();
    const sent = some(bombs(megabytes));
    await eachOf(sent, 1, async ({ name, headers = [], body }) => {
      const bytes = body();
      const fields = [
        ['Host', world.host],
        ['Content-Length', String(bytes.length)],
        ['Connection', 'close'],
        ...headers,
      ];
      const head = fields.map(([field, value]) => `${field}: ${value}\r\n`).join('');
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = connect(world.lab.phone.proxy.port, '127.0.0.1');
      socket
        .on('error', () => {})
        .once('close', resolve)
        .resume();
      socket.write(`POST ${world.http}/report HTTP/1.1\r\n${head}\r\n`);
      socket.write(bytes);
      await promise;
      const sick = await unwell(context);
      if (sick) lost.push(`after ${name}: ${sick}`);
    });
    const grown = (await world.lab.residentBytes()) - before;
    if (grown > MAX_GROWTH_BYTES) lost.push(`the lab grew by ${grown >> 20} MB`);
    const directory = await mkdtemp(path.join(tmpdir(), 'attack-archives-'));
    const scanned = some(files(megabytes));
    try {
      for (const [name, content] of scanned) {
        const file = path.join(directory, name);
        await writeFile(file, content);
        const { code, stderr } = await phonehome(['scan', '--json', file]);
        if (code === null || code > 1 || /\n\s+at |heap out of memory/.test(stderr))
          lost.push(`scan ${name}: exit ${code}, ${stderr}`);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
    return { tried: sent.length + scanned.length, lost, note: `${megabytes} MB of zeros each` };
  },
};
