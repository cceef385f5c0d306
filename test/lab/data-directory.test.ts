/** What lies in a data directory before a lab starts on it, and who else may be on it. FAULTS.md, "Store, files, names". */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from '../../src/lab/data-directory.ts';
import { startLab } from '../e2e/lab-process.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'data-directory-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const put = (name: string, mode = 0o600) => {
  writeFileSync(join(data, name), 'x');
  chmodSync(join(data, name), mode);
};

describe('a data directory', () => {
  it('is made for its owner alone', () => {
    const fresh = join(data, 'deeper', 'data');
    const unlock = openDataDirectory(fresh);
    expect(statSync(fresh).mode & 0o777).toBe(0o700);
    unlock();
  });

  it('may be reached by a link of the operator’s', () => {
    const link = join(data, 'link');
    mkdirSync(join(data, 'real'));
    symlinkSync(join(data, 'real'), link);
    openDataDirectory(link)();
  });

  it.each<[string, () => void, RegExp]>([
    [
      'directory that others may write to',
      () => chmodSync(data, 0o777),
      /can be written by others \(mode 777\): .*chmod 700/,
    ],
    [
      'file in its place',
      () => rmSync(data, { recursive: true }) ?? writeFileSync(data, ''),
      /cannot be made \(EEXIST|ENOTDIR/,
    ],
    [
      'token that others can read',
      () => put('token', 0o644),
      /token can be read by others \(mode 644\): .*delete it, a new one/,
    ],
    ['token that others can write', () => put('token', 0o622), /token can be written by others/],
    ['database that others can write', () => put('evidence.db', 0o666), /evidence\.db can be written by others/],
    [
      'database that is a link',
      () => symlinkSync('/etc/hostname', join(data, 'evidence.db')),
      /evidence\.db is a symbolic link/,
    ],
    ['token that is a link to nothing', () => symlinkSync('/nowhere', join(data, 'token')), /token is a symbolic link/],
    ['token that is a directory', () => mkdirSync(join(data, 'token')), /token is not a file/],
    ['lock that is a link', () => symlinkSync('/etc/hostname', join(data, 'lock')), /lock is a symbolic link/],
    [
      'evidence key that others can read',
      () => mkdirSync(join(data, 'certs')) ?? put('certs/evidence.key', 0o640),
      /evidence\.key can be read by others \(mode 640\): .*another --data directory/,
    ],
    ['directory of keys that is a link', () => symlinkSync(tmpdir(), join(data, 'certs')), /certs is a symbolic link/],
  ])('with a %s is refused in one line that says what to do', (_name, plant, line) => {
    plant();
    expect(() => openDataDirectory(data)).toThrow(line);
    expect(() => openDataDirectory(data)).toThrow(/^[^\n]+$/);
  });

  it('is one lab’s: of six started at once one runs, and the next may when it is killed', async () => {
    const started = await Promise.allSettled(Array.from({ length: 6 }, () => startLab({ dataDir: data })));
    const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    try {
      expect(running).toHaveLength(1);
      expect(refused).toHaveLength(5);
      for (const why of refused) expect(why).toMatch(/lab runs on/);
    } finally {
      for (const lab of running) await lab.kill();
    }
    const next = await startLab({ dataDir: data });
    expect(await next.stop()).toBe(0);
  });
});
