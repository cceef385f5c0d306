/** A phone uploads 300 MB to a server that reads slowly: the lab's memory stays flat, and the last bytes are searched too. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { type LabProcess, phonehome } from '../e2e/lab-process.ts';
import { startWorld, type World } from '../e2e/world.ts';

const UPLOAD_BYTES = 300 << 20;
const MAX_RSS_BYTES = 200 << 20;
const IMEI = '490154203237518';

/** The same leak at another name is another alert. */
const SECOND_HOST = 'uploads.example.com';

let world: World;
let dir: string;
let file: string;
beforeAll(async () => {
  // As after an installation: sources edited since would be compiled anew, with the compiler in memory.
  expect((await phonehome(['--version'], { PHONEHOME_WARM_UP: '1' })).code).toBe(0);
  // 75 pauses of 100 ms: slower than the client by far, so everything in between has to wait.
  world = await startWorld({ sinkPauseMs: 100, otherHosts: [SECOND_HOST] });
  dir = await mkdtemp(path.join(tmpdir(), 'upload-'));
  file = path.join(dir, 'upload.log');
  await writeUpload(file);
});
afterAll(async () => {
  await world.end();
  await rm(dir, { recursive: true });
});

it.for(['http', 'https'] as const)(
  'stays under 200 MB and finds an IMEI at the very end, over %s',
  { timeout: 240_000 },
  async (scheme, context) => {
    requireTool(context, 'curl');
    const { lab, origin } = world;
    const target = `/sink/${scheme}`;
    const { code, stderr } = await upload(lab, `${scheme}://${scheme === 'http' ? world.host : SECOND_HOST}${target}`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const got = origin.received.find((one) => one.path === target);
    expect(got).toMatchObject({ bodyBytes: UPLOAD_BYTES, bodySha256: await sha256(file) });
    const alerts = await lab.until('leak', (all) => all.some((one) => one.flow?.url?.endsWith(target)));
    expect(alerts.find((one) => one.flow?.url?.endsWith(target))).toMatchObject({
      type: 'leak',
      identifier: { kind: 'imei', known: true },
      evidence: { where: 'body' },
    });
    const peak = await lab.peakRssBytes();
    expect(peak / (1 << 20), 'peak resident memory in MB').toBeLessThan(MAX_RSS_BYTES / (1 << 20));
  },
);

async function upload(lab: LabProcess, url: string): Promise<{ code: number | null; stderr: string }> {
  const { proxy, caFile } = lab.phone;
  const args = ['--silent', '--show-error', '--proxy', `http://${proxy.host}:${proxy.port}`, '--cacert', caFile ?? ''];
  return run(toolPath('curl'), [...args, '-H', 'Content-Type: text/plain', '-T', file, '-o', '/dev/null', url], {
    timeoutMs: 150_000,
  });
}

/** Log lines without a digit run long enough to be an identifier, then one that is. */
async function writeUpload(name: string): Promise<void> {
  const tail = Buffer.from(`\ndevice ${IMEI}`);
  const lines = Array.from({ length: 20_000 }, (_, index) => `event ${index} screen on, battery ${index % 100} %\n`);
  const block = Buffer.from(lines.join(''));
  const handle = await open(name, 'w');
  let left = UPLOAD_BYTES - tail.length;
  while (left > 0) {
    const { bytesWritten } = await handle.write(block, 0, Math.min(left, block.length));
    left -= bytesWritten;
  }
  await handle.write(tail);
  await handle.close();
}

async function sha256(name: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(name)) hash.update(part as Buffer);
  return hash.digest('hex');
}
