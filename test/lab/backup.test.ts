/** A lab in one file and back: nothing lost, nothing overwritten, nothing of a changed file believed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { backUp, restore } from '../../src/lab/backup.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence, verifyRecorded } from '../../src/lab/evidence.ts';
import { readCheckpoint } from '../../src/model/checkpoint.ts';
import { labRecord } from '../sinks/lab-alert.ts';

let dir = '';
let data = '';
let file = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'backup-'));
  data = join(dir, 'data');
  file = join(dir, 'lab.backup');
  mkdirSync(data, { mode: 0o700 });
  openAuthority(pathsIn(data).certs, { now: Date.now });
  writeFileSync(join(data, 'token'), 'secret-token\n', { mode: 0o600 });
  writeFileSync(join(data, 'devices.yaml'), 'devices: []\n', { mode: 0o600 });
  mkdirSync(join(data, 'capture'));
  writeFileSync(join(data, 'capture', 'a.pcapng'), 'traffic');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const nobody = async () => null;
const moved = () => join(dir, 'moved');

describe('backup and restore', () => {
  it('carry keys, certificates, tokens, phones and every alert, also while the lab writes', async () => {
    const store = openEvidence(data);
    for (let seq = 1; seq <= 50; seq++) store.putAlert(labRecord(seq));
    const epoch = store.epoch();
    const facts = await backUp(data, file, null);
    store.putAlert(labRecord(51));
    store.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await restore(moved(), file, nobody)).toEqual(facts);
    const head = readCheckpoint(facts.head ?? '');
    expect(head).toMatchObject({ epoch, position: 1 });
    for (const name of ['token', 'devices.yaml', 'certs/ca.key', 'certs/ca.pem', 'certs/evidence.key'])
      expect(readFileSync(join(moved(), name))).toEqual(readFileSync(join(data, name)));
    expect(existsSync(join(moved(), 'capture'))).toBe(false);
    expect(statSync(join(moved(), 'certs', 'ca.key')).mode & 0o777).toBe(0o600);
    const again = openEvidence(moved());
    expect(again.alerts({ limit: 100 })).toHaveLength(50);
    expect(again.reveal(labRecord(1).alert.id, { time: new Date().toISOString(), who: 'test' })).toMatchObject({
      ok: true,
    });
    // Alert 51 was shown, and its number is not given out again.
    expect([again.epoch(), again.lastSeq()]).toEqual([epoch, 1_000_050]);
    again.close();
    expect(verifyRecorded(moved(), head)).toMatchObject({ isIntact: true, isExpected: true });
  });

  it('encrypted, opens with its passphrase only, and not when a byte was changed', async () => {
    await backUp(data, file, 'correct horse');
    expect(readFileSync(file).includes('secret-token')).toBe(false);
    expect(readFileSync(file).includes('ca.key')).toBe(false);
    await expect(restore(moved(), file, nobody)).rejects.toThrow('is encrypted');
    await expect(restore(moved(), file, async () => 'wrong')).rejects.toThrow('does not open it');
    const bytes = readFileSync(file);
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(join(dir, 'changed'), bytes);
    await expect(restore(moved(), join(dir, 'changed'), async () => 'correct horse')).rejects.toThrow('was changed');
    expect(existsSync(moved())).toBe(false);
    expect(await restore(moved(), file, async () => 'correct horse')).toMatchObject({ encrypted: true });
  });

  it('overwrite neither a file nor a lab', async () => {
    writeFileSync(file, 'mine');
    await expect(backUp(data, file, null)).rejects.toThrow('is not overwritten');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    rmSync(file);
    await backUp(data, file, null);
    await expect(restore(data, file, nobody)).rejects.toThrow('is not empty');
    symlinkSync(join(dir, 'elsewhere'), moved());
    await expect(restore(moved(), file, nobody)).rejects.toThrow('symbolic link');
  });

  it('follow no link out of the data directory', async () => {
    symlinkSync('/etc/passwd', join(data, 'pins.json'));
    await expect(backUp(data, file, null)).rejects.toThrow('follows no links');
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [
      'a file changed',
      (parts: Record<string, Uint8Array>) => void Object.assign(parts, { token: Buffer.from('other-token!\n') }),
      'token was changed',
    ],
    ['a file missing', (parts: Record<string, Uint8Array>) => void delete parts.token, 'token is missing'],
    [
      'a path that leaves the directory',
      (parts: Record<string, Uint8Array>) => rename(parts, '../token'),
      'list of files',
    ],
    ['an absolute path', (parts: Record<string, Uint8Array>) => rename(parts, '/tmp/token'), 'list of files'],
    ['no list', (parts: Record<string, Uint8Array>) => void delete parts['backup.json'], 'list of files'],
  ])('believe nothing of a file with %s', async (_what, change, why) => {
    await backUp(data, file, null);
    const parts = unzipSync(readFileSync(file));
    change(parts);
    writeFileSync(join(dir, 'changed'), zipSync(parts));
    await expect(restore(moved(), join(dir, 'changed'), nobody)).rejects.toThrow(why);
    await expect(restore(moved(), join(data, 'token'), nobody)).rejects.toThrow('no backup');
    expect(existsSync(moved())).toBe(false);
    expect(existsSync(join(dir, 'token'))).toBe(false);
  });
});

/** The token, under another path, in the list as well. */
function rename(parts: Record<string, Uint8Array>, path: string): void {
  parts[path] = parts.token!;
  delete parts.token;
  const listed = Buffer.from(parts['backup.json']!).toString();
  parts['backup.json'] = Buffer.from(listed.replace('"token"', JSON.stringify(path)));
}
