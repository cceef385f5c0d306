/**
 * A capture as a tester makes it: dumpcap on the wire, curl writing its TLS secrets, editcap putting them into the file,
 * `phonehome scan` finding what was under TLS. Real packets, on loopback.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Origin, startOrigin } from '../clients/origin.ts';
import { run } from '../clients/process.ts';
import { requireTool, type Tool, toolPath } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { ANY_PHONE, phonehome } from './lab-process.ts';

const HOST = 'api.account.xiaomi.com';
const IMEI = '490154203237518';
const NEEDS: Tool[] = ['curl', 'dumpcap', 'editcap', 'tshark'];

let dir = '';
let origin: Origin;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'scan-capture-'));
  origin = await startOrigin([HOST]);
  await writeFile(path.join(dir, 'ca.pem'), origin.caPem);
  await writeFile(path.join(dir, 'phones.yaml'), ANY_PHONE);
});
afterAll(async () => {
  await origin.stop();
  await rm(dir, { recursive: true });
});
const at = (name: string): string => path.join(dir, name);

/** What crosses loopback to the origin's port while `during` runs. */
async function capture(file: string, connections: number, during: () => Promise<void>): Promise<void> {
  const dumpcap = spawn(toolPath('dumpcap'), ['-i', 'lo', '-f', `tcp port ${origin.tlsPort}`, '-w', file]);
  const ended = new Promise<number | null>((resolve) => dumpcap.once('close', resolve));
  let said = '';
  dumpcap.stderr.on('data', (part: Buffer) => {
    said += part;
  });
  // It says the file's name once it captures.
  await eventually(
    'dumpcap capturing',
    () => said.includes('File: ') || (dumpcap.exitCode !== null && Promise.reject(new Error(said))),
  );
  await during();
  await eventually('the end of every connection in the file', async () => {
    const filter = 'tcp.flags.fin == 1 || tcp.flags.reset == 1';
    const { stdout } = await run(toolPath('tshark'), ['-r', file, '-Y', filter, '-T', 'fields', '-e', 'tcp.stream']);
    return new Set(stdout.toString().trim().split('\n').filter(Boolean)).size >= connections;
  });
  dumpcap.kill('SIGINT');
  expect(await ended).toBe(0);
}

async function post(target: string, body: Buffer, ...more: string[]): Promise<void> {
  const to = ['--connect-to', `${HOST}:443:127.0.0.1:${origin.tlsPort}`, '--cacert', at('ca.pem'), '--noproxy', '*'];
  const args = ['--silent', '--fail', ...to, ...more, '--data-binary', '@-', `https://${HOST}${target}`];
  const sent = await run(toolPath('curl'), args, { input: body, env: { SSLKEYLOGFILE: at('keys.log') } });
  expect(`${sent.code} ${sent.stderr}`).toBe('0 ');
}

describe('a capture with embedded TLS secrets', () => {
  it('gives up what HTTP/1.1 and HTTP/2 carried under TLS 1.3; without the secrets and a key log beside it the connections are said to be closed', async (context) => {
    requireTool(context, ...NEEDS);
    await capture(at('wire.pcapng'), 2, async () => {
      const json = gzipSync(JSON.stringify({ data: [{ id: IMEI }] }));
      await post('/one', json, '--http1.1', '-H', 'Content-Type: application/json', '-H', 'Content-Encoding: gzip');
      await post('/two', Buffer.from(`x=1&imei=${Buffer.from(IMEI).toString('base64')}`), '--http2');
    });
    const inject = ['--inject-secrets', `tls,${at('keys.log')}`, at('wire.pcapng'), at('open.pcapng')];
    expect((await run(toolPath('editcap'), inject)).code).toBe(0);

    const scan = async (file: string): Promise<Record<string, unknown>[]> => {
      const ran = await phonehome(['scan', at(file), '--devices', at('phones.yaml'), '--json']);
      return ran.stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as Record<string, unknown>);
    };
    const opened = await scan('open.pcapng');
    const imei = { kind: 'imei', known: true, confidence: 'certain' };
    expect(opened.filter(({ type }) => type === 'finding')).toMatchObject([
      {
        entry: 0,
        identifier: imei,
        evidence: { where: 'body', path: '$.data[0].id', decoding: ['gzip', 'json'] },
        flow: { protocol: 'http/1.1', method: 'POST', encrypted: true },
        destination: { host: HOST, ip: '127.0.0.1', owner: { name: 'Xiaomi' } },
      },
      {
        entry: 1,
        identifier: imei,
        evidence: { where: 'body', path: 'imei' },
        flow: { protocol: 'h2', encrypted: true },
      },
    ]);
    // Keys beside a capture are found: without them nothing can be opened.
    await rm(at('keys.log'));
    const closed = await scan('wire.pcapng');
    expect(closed.filter(({ type }) => type === 'finding')).toEqual([]);
    expect(JSON.stringify(closed.at(-1))).toContain('TLS without its keys: not looked into');
  });
});
