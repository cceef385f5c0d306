/** Bytes that the proxy port passes on to nobody, because they are neither HTTP, SOCKS nor TLS: searched like all others. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const text = Buffer.from(`login ${IMEI}`);

describe('a registered value is found', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({});
  });
  afterAll(() => world.end());

  const imeis = async (): Promise<number> => {
    const { alerts } = (await world.lab.api('/api/alerts?limit=500')) as {
      alerts: { identifier?: { kind: string; known: boolean }; count: number }[];
    };
    return alerts
      .filter(({ identifier }) => identifier?.kind === 'imei' && identifier.known)
      .reduce((sum, { count }) => sum + count, 0);
  };

  it.each<[string, Buffer[]]>([
    ['in a binary protocol', [Buffer.concat([Buffer.from([0, 0, 0, text.length]), text])]],
    ['in the second packet of one', [Buffer.from([0, 0, 0, text.length]), text]],
    ['in what begins like TLS and is none', [Buffer.from([0x16, 0x40, 0, 0]), text]],
    ['in what begins like SOCKS4 and is none', [Buffer.from([4, 9, 0, 80]), text]],
    [
      'in what begins like SOCKS5 and asks for no method there is',
      [Buffer.concat([Buffer.from([5, text.length]), text])],
    ],
    [
      'in a SOCKS5 request for no command there is',
      [Buffer.from([5, 1, 0]), Buffer.concat([Buffer.from([5, 9, 0]), text])],
    ],
  ])('%s', async (_what, [first, ...more]) => {
    const before = await imeis();
    const { port } = world.lab.phone.proxy;
    const socket = connect({ port, host: '127.0.0.1' })
      .resume()
      .on('error', () => {});
    await new Promise<void>((done) => socket.write(first!, () => done()));
    for (const bytes of more) {
      // Apart, so that the door meets the beginning alone.
      await new Promise((done) => setImmediate(done));
      socket.write(bytes);
    }
    socket.end();
    await expect.poll(imeis, { timeout: 30_000 }).toBe(before + 1);
  });
});
