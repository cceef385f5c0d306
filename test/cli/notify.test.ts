/** `phonehome notify`, on a data directory without a lab and with one that runs. */

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCommands } from './commands.ts';

const phonehome = openCommands();
let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-notify-cli-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const run = (...words: string[]) => phonehome(['notify', ...words, '--data', data]);

describe('phonehome notify', () => {
  it('prints an example that it can read itself', async () => {
    const { stdout } = await run('example');
    writeFileSync(join(data, 'notify.yaml'), stdout, { mode: 0o600 });
    const shown = await run('show');
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/telegram +api\.telegram\.org +0 +0 +0 +works/);
    expect(shown.stdout).toContain('serious: severity high → newsroom, mail');
    expect(shown.stdout).toContain('accepted: vendor-knows');
  });

  it('says in one line what is wrong with the file', async () => {
    writeFileSync(join(data, 'notify.yaml'), 'rules:\n  - name: a\n    send: [nobody]\n', { mode: 0o600 });
    const { code, stderr } = await run('show');
    expect(code).toBe(1);
    expect(stderr).toMatch(/notify\.yaml:3: rules\[0\]\.send\[0\]: no such receiver; there are: none\n$/);
  });

  it('tests a receiver, and says why it did not take it', async () => {
    const server = createServer((_, response) => void response.writeHead(204).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const receiver = { type: 'webhook', url: `http://127.0.0.1:${port}/`, private: true };
    writeFileSync(join(data, 'notify.yaml'), JSON.stringify({ receivers: { desk: receiver } }), { mode: 0o600 });
    expect(await run('test', 'desk')).toMatchObject({ code: 0, stdout: 'desk: it took the test.\n' });
    server.close();
    const refused = await run('test', 'desk');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('desk: nothing listens there');
    expect((await run('test', 'dsek')).stderr).toContain('there are: desk');
  });

  it('mutes with a reason and an end, and ends it', async () => {
    expect((await run('mute', 'ads', '--kind', 'advertising_id')).code).toBe(2);
    const muted = await run('accept', 'ads', '--kind', 'advertising_id', '--until', '2027-03-31', '--reason', 'known');
    expect([muted.code, muted.stderr]).toEqual([0, '']);
    expect(readFileSync(join(data, 'notify.yaml'), 'utf8')).toMatch(/name: ads\n[\s\S]*as: accepted/);
    mkdirSync(join(data, 'secrets'), { mode: 0o700 });
    expect((await run('unmute', 'ads')).code).toBe(0);
    expect((await run('unmute', 'ads')).stderr).toContain('nothing is muted');
  });
});
