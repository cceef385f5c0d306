/** What another user of the machine put into the data directory: the lab does not start on it, and says in one line why. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { phonehome } from '../e2e/lab-process.ts';
import { PLANTED } from '../lab/planted.ts';
import type { Attack } from './attack.ts';

export const plantedFiles: Attack = {
  name: 'files planted in the data directory',
  needs: [],
  async run({ random, isFull }) {
    const chosen = isFull ? PLANTED : Array.from({ length: 3 }, () => random.pick(PLANTED));
    const lost: string[] = [];
    for (const [what, plant, line] of chosen) {
      const data = await mkdtemp(path.join(tmpdir(), 'attack-planted-'));
      try {
        plant(data);
        const args = ['start', '--json', '--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0', '--data', data];
        const { code, stderr } = await phonehome(args);
        if (code !== 1 || !line.test(stderr) || stderr.trim().includes('\n'))
          lost.push(`${what}: exit ${code}, ${stderr}`);
      } finally {
        await rm(data, { recursive: true, force: true });
      }
    }
    return { tried: chosen.length, lost };
  },
};
