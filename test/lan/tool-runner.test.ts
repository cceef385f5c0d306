/** Tools started by a process beside the lab: the same answers as by the lab itself, also when that process is gone. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { runTool } from '../../src/lan/tool.ts';
import { openToolRunner, type ToolRunner } from '../../src/lan/tool-runner.ts';

const open: ToolRunner[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((runner) => runner.close()));
});
function start(): ToolRunner {
  const runner = openToolRunner();
  open.push(runner);
  return runner;
}
/** The process that starts the tools. */
async function processOf(runner: ToolRunner): Promise<number> {
  const said = await runner.runTool([], 'sh', ['-c', 'echo $PPID']);
  return said.ok ? Number(said.out) : Number.NaN;
}
/** Gone, or dead and not yet waited for. */
const isOver = (pid: number): boolean =>
  !existsSync(`/proc/${pid}`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

describe('a tool started by the process beside the lab', () => {
  it.each([
    ['that says something', 'sh', ['-c', 'echo one; echo two >&2']],
    ['that fails', 'sh', ['-c', 'echo broken >&2; exit 3']],
    ['that is not there', 'no-such-tool', []],
    ['without rights', 'sh', ['-c', 'echo "you must be root" >&2; exit 1']],
  ])('%s answers as by itself', async (_what, name, args) => {
    expect(await start().runTool([], name, args)).toEqual(await runTool([], name, args));
  });

  it('is not a child of the lab', async () => {
    expect(await processOf(start())).not.toBe(process.pid);
  });

  it('hands over a large output as it comes', async () => {
    let bytes = 0;
    const said = await start().streamTool([], 'sh', ['-c', 'head -c 5000000 /dev/zero'], (chunk) => {
      bytes += chunk.length;
    });
    expect([said.ok, bytes]).toEqual([true, 5_000_000]);
  });

  it('answers many at a time, each its own', async () => {
    const runner = start();
    const numbers = Array.from({ length: 30 }, (_, number) => String(number));
    const said = await Promise.all(numbers.map((number) => runner.runTool([], 'echo', [number])));
    expect(said.map((one) => one.ok && one.out.trim())).toEqual(numbers);
  });
});

describe('when that process is killed', () => {
  it('what was asked and what is asked later is answered all the same', async () => {
    const runner = start();
    const pid = await processOf(runner);
    const slow = runner.runTool([], 'sh', ['-c', 'sleep 0.3; echo done']);
    process.kill(pid, 'SIGKILL');
    expect(await slow).toEqual({ ok: true, out: 'done\n' });
    expect(await processOf(runner)).toBe(process.pid);
  });

  it('half an output is told as none', async () => {
    const runner = start();
    const pid = await processOf(runner);
    let isBegun = false;
    const streamed = runner.streamTool([], 'sh', ['-c', 'while echo half; do sleep 0.1; done'], () => {
      isBegun = true;
    });
    await expect.poll(() => isBegun).toBe(true);
    process.kill(pid, 'SIGKILL');
    const said = await streamed;
    expect(said.ok ? null : say(said.why)).toContain('sh ended');
  });
});

it('closing it ends the process and what it runs, before it says so', async () => {
  const runner = start();
  const pid = await processOf(runner);
  let said = '';
  void runner.streamTool([], 'sh', ['-c', 'echo $$; exec sleep 60'], (chunk) => {
    said += chunk;
  });
  await expect.poll(() => said).toMatch(/^\d+\n$/);
  expect([isOver(pid), isOver(Number(said))]).toEqual([false, false]);
  await runner.close();
  expect([isOver(pid), isOver(Number(said))]).toEqual([true, true]);
});

it('closing one that is gone, and closing twice, ends', async () => {
  const runner = start();
  process.kill(await processOf(runner), 'SIGKILL');
  await runner.close();
  await runner.close();
});
