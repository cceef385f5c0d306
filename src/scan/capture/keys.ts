/**
 * TLS keys that lie beside a capture, under the names that tools give them: `capture.keys`, `sslkeylogfile.txt` (PCAPdroid,
 * mitmproxy), `sslkeylogfile.txt (2)`, `keys.log`, `premaster.txt`, what `SSLKEYLOGFILE` names. A name only makes a file worth
 * a look: that it is a key log is told by what is in it.
 * Promise: several are used together; what is made for that is private, and gone when `close` is called.
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { formatOf } from '../format.ts';

export interface Keys {
  /** Null: there are none. */
  file: string | null;
  /** As a user would name them. */
  names: string[];
  close(): void;
}

const LIKELY = /key|secret|premaster|ssl|tls|nss/i;
const ENDINGS = /\.(?:keys?|keylog|log|txt|nss|sslkeylog)(?: ?\(\d+\))?$/i;
/** A key log of a million connections. */
const LARGEST = 512 << 20;

export function keysBeside(capture: string, environment: string | undefined = process.env.SSLKEYLOGFILE): Keys {
  const directory = dirname(capture);
  const stem = basename(capture).replace(/(?:\.\w{1,6}){1,2}$/, '');
  const beside = namesIn(directory)
    .filter((name) => ENDINGS.test(name) || LIKELY.test(name) || name.startsWith(`${stem}.`))
    .map((name) => join(directory, name));
  const places = [...new Set([...beside, ...(environment ? [environment] : [])])].filter(isKeyLog);
  const names = places.map((place) => basename(place));
  const [only] = places;
  if (places.length <= 1) return { file: only ?? null, names, close: () => {} };
  const made = mkdtempSync(join(tmpdir(), 'phonehome-keys-'));
  const file = join(made, 'keys');
  writeFileSync(file, places.map((place) => `${readFileSync(place, 'latin1')}\n`).join(''), { mode: 0o600 });
  return { file, names, close: () => rmSync(made, { recursive: true, force: true }) };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function isKeyLog(path: string): boolean {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size === 0 || stat.size > LARGEST) return false;
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(4096);
      return formatOf(head.subarray(0, readSync(file, head)), path).is === 'keys';
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
