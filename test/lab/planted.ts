/** What another user, or an accident, may have put into a data directory before a lab starts on it; and the line that refuses it. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Planted = [what: string, plant: (data: string) => void, line: RegExp];

const put = (data: string, name: string, mode = 0o600): void => {
  writeFileSync(join(data, name), 'x');
  chmodSync(join(data, name), mode);
};

export const PLANTED: Planted[] = [
  [
    'directory that others may write to',
    (data) => chmodSync(data, 0o777),
    /can be written by others \(mode 777\): .*chmod 700/,
  ],
  [
    'file in its place',
    (data) => rmSync(data, { recursive: true }) ?? writeFileSync(data, ''),
    /cannot be made \(EEXIST|ENOTDIR/,
  ],
  [
    'token that others can read',
    (data) => put(data, 'token', 0o644),
    /token can be read by others \(mode 644\): .*delete it, a new one/,
  ],
  ['token that others can write', (data) => put(data, 'token', 0o622), /token can be written by others/],
  [
    'database that others can write',
    (data) => put(data, 'evidence.db', 0o666),
    /evidence\.db can be written by others/,
  ],
  [
    'database that is a link',
    (data) => symlinkSync('/etc/hostname', join(data, 'evidence.db')),
    /evidence\.db is a symbolic link/,
  ],
  [
    'token that is a link to nothing',
    (data) => symlinkSync('/nowhere', join(data, 'token')),
    /token is a symbolic link/,
  ],
  ['token that is a directory', (data) => mkdirSync(join(data, 'token')), /token is not a file/],
  ['lock that is a link', (data) => symlinkSync('/etc/hostname', join(data, 'lock')), /lock is a symbolic link/],
  [
    'evidence key that others can read',
    (data) => mkdirSync(join(data, 'certs')) ?? put(data, 'certs/evidence.key', 0o640),
    /evidence\.key can be read by others \(mode 640\): .*another --data directory/,
  ],
  [
    'directory of keys that is a link',
    (data) => symlinkSync(tmpdir(), join(data, 'certs')),
    /certs is a symbolic link/,
  ],
];
