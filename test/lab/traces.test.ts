/** The check after every test run sees what a laboratory leaves: each kind of thing is left on purpose, seen, and gone. */
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runDirectory } from '../../src/gateway/state.ts';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { createLabNetwork } from './network.ts';
import { labDirectory, leftOf, thisRun } from './traces.ts';

/** Of this test alone: other workers have laboratories at the same time. */
const left = (mine: string[]): string[] => leftOf(thisRun()).filter((line) => mine.some((word) => line.includes(word)));

describeWith(NETWORK, 'what a laboratory leaves', () => {
  it('is seen while it is there, daemons of daemons too, and not after the end', async () => {
    const net = createLabNetwork();
    // A grandchild that outlives its parent, as dnsmasq and wireguard-go do.
    const parent = net.start('gateway', ['sh', '-c', 'sleep 3141 & echo $!']);
    const [pid] = await once(parent.stdout as NodeJS.ReadableStream, 'data');
    const mine = [net.name('gateway'), `${String(pid).trim()} sleep 3141`];
    await eventually('both to be seen', () => left(mine).length === 2);
    expect(left(mine)[1]).toMatch(/^process \d+ sleep 3141$/);
    net.down();
    await eventually('both to be gone', () => left(mine).length === 0);
  });

  it('counts the directory of a gateway, and the one root keeps for it below /run', () => {
    const directory = labDirectory();
    const root = runDirectory(directory);
    mkdirSync(root, { recursive: true });
    expect(left([directory, root])).toEqual([`directory ${directory}`, `directory ${root}`]);
    for (const one of [directory, root]) rmSync(one, { recursive: true });
    expect(left([directory, root])).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });
});
