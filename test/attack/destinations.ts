/** Destinations nobody may have the lab dial: refused in words, whatever the door. */
import { FORBIDDEN } from '../lab/destination-table.ts';
import { type Attack, ask, eachOf, hasHead, statusOf } from './attack.ts';

export const destinations: Attack = {
  name: 'forbidden destinations',
  needs: [],
  async run({ world }) {
    const { port } = world.lab.phone.proxy;
    const lost: string[] = [];
    const bracketed = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);
    const asked = FORBIDDEN.flatMap(([name, ip, at]) => [
      [name, `GET http://${bracketed(ip)}:${at}/latest/meta-data/ HTTP/1.1\r\nHost: ${bracketed(ip)}\r\n\r\n`] as const,
      [name, `CONNECT ${bracketed(ip)}:${at} HTTP/1.1\r\nHost: ${bracketed(ip)}\r\n\r\n`] as const,
    ]);
    await eachOf(asked, 16, async ([name, bytes]) => {
      const { text } = await ask(port, bytes, { enough: hasHead, limitMs: 10_000 });
      if (statusOf(text) < 400) lost.push(`${name}: ${bytes.split('\r')[0]}: ${text.slice(0, 100) || 'no answer'}`);
    });
    return { tried: asked.length, lost };
  },
};
