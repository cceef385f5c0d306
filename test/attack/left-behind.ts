/** What all of it left behind: answers of the API, printed lines, the log, every file. The detector finds no registered value in them. */
import path from 'node:path';
import { leak } from '../faults/load.ts';
import { ASKED, registeredIn, searchTexts, textsIn } from '../left-behind.ts';
import type { Attack } from './attack.ts';

/** Ends the lab: it is the last one. */
export const leftBehind: Attack = {
  name: 'readable values left behind',
  needs: [],
  async run({ world }) {
    const { lab } = world;
    await leak(lab.phone.proxy.port, world.host, 20);
    await lab.until('a leak', (alerts) => alerts.some(({ type }) => type === 'leak'));
    const texts: [string, Buffer][] = [];
    for (const asked of ASKED)
      texts.push([`/api/${asked}`, Buffer.from(JSON.stringify(await lab.api(`/api/${asked}`)))]);
    await lab.kill();
    texts.push(['what it printed', Buffer.from(lab.lines.map((line) => JSON.stringify(line)).join('\n'))]);
    texts.push(['its log', Buffer.from(lab.stderr())]);
    texts.push(...(await Array.fromAsync(textsIn(lab.dataDir))));
    // No case was replayed here; the ICCID of those is fourteen zeros, which pages of a database hold by themselves.
    const registered = registeredIn([path.join(lab.dataDir, 'given-devices.yaml')], { isReplayed: false });
    const found = searchTexts(texts, registered);
    return { tried: texts.length, lost: found.map(({ place, kind, text }) => `${kind} in ${place}: ${text}`) };
  },
};
