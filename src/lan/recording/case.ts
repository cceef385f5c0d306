/**
 * Cuts one test run out of the recording: a single pcapng file with the TLS keys of its own sessions inside, which Wireshark
 * and tshark open with no setting.
 * Promise: keys of other sessions are not in it; the file is readable by its owner alone; what is missing is one line.
 */

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorLine } from '../../formats/error-line.ts';
import { labError } from '../../formats/refusal.ts';
import { LabError } from '../../model/lab.ts';
import { type Text, text } from '../../model/text.ts';
import { runTool } from '../tool.ts';
import { captureFiles } from './capture.ts';
import { keyLogFiles } from './keys.ts';

export type CaseCapture =
  /** `sessions`: TLS sessions in the file whose keys are known. */
  { ok: true; bytes: number; sessions: number } | { ok: false; why: Text };

/** Of a full ring, gigabytes, on a small machine. */
const READING_MS = 3_600_000;

export async function cutCapture(options: {
  /** Where the recording lies. */
  directory: string;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  /** Hardware address of the phone; null: everybody's. */
  mac: string | null;
  out: string;
}): Promise<CaseCapture> {
  const { directory, from, to, mac, out } = options;
  const { ring, keys } = captureFiles(directory);
  const files = ringFiles(ring);
  if (files.length === 0) return { ok: false, why: text('capture.none', { directory }) };
  // Beside the result: the recording may be larger than the system's directory for temporary files.
  const scratch = mkdtempSync(join(dirname(out), '.capture-'));
  const step = async (name: string, args: string[]): Promise<string> => {
    const said = await runTool([], name, args, READING_MS);
    if (!said.ok) throw labError(said.why);
    return said.out;
  };
  try {
    const [all, timed, whole] = ['all', 'timed', 'whole'].map((name) => join(scratch, `${name}.pcapng`)) as [
      string,
      string,
      string,
    ];
    await step('mergecap', ['-w', all, ...files]);
    await step('editcap', ['-A', new Date(from).toISOString(), '-B', new Date(to).toISOString(), all, timed]);
    if (mac === null) await step('editcap', [timed, whole]);
    else await step('tshark', ['-n', '-r', timed, '-Y', `eth.addr == ${mac}`, '-w', whole]);
    const randoms = await step('tshark', [
      '-n',
      '-r',
      whole,
      '-Y',
      'tls.handshake.type == 1',
      '-T',
      'fields',
      '-e',
      'tls.handshake.random',
    ]);
    const own = ownKeys(
      keyLogFiles(keys)
        .filter(existsSync)
        .map((file) => readFileSync(file, 'latin1')),
      randoms,
    );
    const secrets = join(scratch, 'keys.log');
    writeFileSync(secrets, own.lines, { mode: 0o600 });
    await step('editcap', [...(own.sessions > 0 ? ['--inject-secrets', `tls,${secrets}`] : []), whole, out]);
    chmodSync(out, 0o600);
    return { ok: true, bytes: statSync(out).size, sessions: own.sessions };
  } catch (error) {
    return {
      ok: false,
      why: (error instanceof LabError && error.text) || text('net.said', { said: errorLine(error) }),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `lan_00001_20261122100000.pcapng`, oldest first. */
function ringFiles(ring: string): string[] {
  const directory = dirname(ring);
  const stem = basename(ring, '.pcapng');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${stem}_`) && name.endsWith('.pcapng'))
    .toSorted()
    .map((name) => join(directory, name));
}

/** Lines of the key log whose client random is one of `randoms` (hex, one or more a line, with or without colons). */
export function ownKeys(logs: readonly string[], randoms: string): { lines: string; sessions: number } {
  const wanted = new Set(
    randoms
      .toLowerCase()
      .replaceAll(':', '')
      .split(/[\s,]+/)
      .filter((one) => one !== ''),
  );
  const met = new Set<string>();
  const lines = logs
    .flatMap((log) => log.split('\n'))
    .filter((line) => {
      const random = line.split(' ')[1]?.toLowerCase() ?? '';
      if (!wanted.has(random)) return false;
      met.add(random);
      return true;
    });
  return { lines: lines.map((line) => `${line}\n`).join(''), sessions: met.size };
}
