/** Tools run beside the lab: started again when they end, told in one line when they cannot, gone when stopped. */

import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { keepRunning, type Running, rightsPrefix, runTool, streamTool } from '../../src/lan/tool.ts';

const running: Running[] = [];
afterEach(async () => {
  for (const tool of running.splice(0)) await tool.stop();
});

/** Runs a shell script in place of a tool. */
function keep(script: string, pauseMs = 10) {
  const heard: string[] = [];
  const told: (string | null)[] = [];
  let starts = 0;
  const tool = keepRunning({
    name: 'sh',
    args: ['-c', script],
    prefix: [],
    onData: (chunk) => heard.push(chunk.toString().trim()),
    onStart: () => starts++,
    onTrouble: (line) => told.push(line && say(line)),
    pauseMs,
  });
  running.push(tool);
  return { tool, heard, told, starts: () => starts };
}

describe('a tool', () => {
  it('that ends is started again; what it said is told once', async () => {
    const { heard, told, starts } = keep('echo "device lan0 does not exist" >&2; exit 3');
    await expect.poll(starts).toBeGreaterThan(2);
    expect(told).toEqual(['sh ended (3): device lan0 does not exist']);
    expect(heard).toEqual([]);
  });

  it('that works again is told so', async () => {
    const { told } = keep(
      `mark=/tmp/tool-test-${process.pid}; if [ -e $mark ]; then echo on; rm $mark; exec sleep 60; fi; touch $mark; exit 1`,
    );
    await expect.poll(() => told).toEqual(['sh ended (1)', null]);
  });

  it('that is stopped is gone, and stays so', async () => {
    const { tool, heard, starts } = keep('echo $$; exec sleep 60');
    await expect.poll(() => heard.length).toBe(1);
    await tool.stop();
    expect(() => process.kill(Number(heard[0]), 0)).toThrow();
    await setTimeout(50);
    expect(starts()).toBe(1);
  });

  it('stopped between two runs never starts again', async () => {
    const { tool, told, starts } = keep('exit 1', 100_000);
    await expect.poll(() => told.length).toBe(1);
    await tool.stop();
    expect(starts()).toBe(1);
  });
});

describe('what to do', () => {
  const why = async (prefix: string[], name: string, args: string[]) => {
    const said = await runTool(prefix, name, args);
    return said.ok ? null : say(said.why);
  };

  it.each([
    ['not installed', [], 'no-such-tool', [], 'no-such-tool is not installed: apt-get install no-such-tool'],
    [
      'without rights',
      [],
      'sh',
      ['-c', 'echo "Operation not permitted (you must be root)" >&2; exit 1'],
      'sh needs root: start the lab with',
    ],
    ['without sudo', ['no-such-sudo', '-n'], 'nft', [], 'nft needs root: start the lab with'],
    [
      'asked for a password',
      ['sh', '-c', 'echo "sudo: a password is required" >&2; exit 1'],
      'nft',
      [],
      'nft needs root: start the lab with',
    ],
    [
      'unknown to sudo',
      ['sh', '-c', 'echo "sudo: nft: command not found" >&2; exit 1'],
      'nft',
      [],
      'nft is not installed: apt-get install nftables',
    ],
  ])('is said for a tool %s', async (_what, prefix, name, args, expected) => {
    expect(await why(prefix, name, args)).toContain(expected);
  });

  it('is asked of sudo only where the rights are missing', () => {
    const status = (ambient: string): string => `CapEff:\t0000000000000000\nCapAmb:\t${ambient}\n`;
    const isRoot = process.getuid?.() === 0;
    expect(rightsPrefix(() => status('0000000000003000'))).toEqual([]);
    expect(rightsPrefix(() => status('0000000000001000'))).toEqual(isRoot ? [] : ['sudo', '-n']);
  });
});

it('a large output is handed over as it comes', async () => {
  let bytes = 0;
  const said = await streamTool([], 'sh', ['-c', 'head -c 5000000 /dev/zero'], (chunk) => {
    bytes += chunk.length;
  });
  expect([said.ok, bytes]).toEqual([true, 5_000_000]);
});
