/**
 * Runs tshark (Wireshark's command line) over a capture file and gives its output line by line.
 * Promise: nothing is looked up on the network (`-n`); what it could read comes out, and then how the file ended; a missing
 * tshark is a LabError of one line that says what to do.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { labError } from '../../formats/refusal.ts';
import { LabError } from '../../model/lab.ts';
import { text } from '../../model/text.ts';
import { splitLines } from '../lines.ts';

export interface TsharkInput {
  file: string;
  /** An SSLKEYLOGFILE; secrets embedded in a pcapng are used anyway. */
  keyLog: string | null;
  /** Ends it early. */
  stop: AbortSignal | null;
}

/** Returns null, or why the file could not be read to its end. */
export async function* tshark(
  { file, keyLog, stop }: TsharkInput,
  args: string[],
): AsyncGenerator<string, string | null> {
  const keys = keyLog ? ['-o', `tls.keylog_file:${keyLog}`] : [];
  // A file without a name is open here alone: tshark is given it, as the first after its own three.
  const [, nameless] = /^\/dev\/fd\/(\d+)$/.exec(file) ?? [];
  const given = nameless === undefined ? file : '/dev/fd/3';
  const child = spawn('tshark', ['-n', '-r', given, ...keys, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...(nameless === undefined ? [] : [Number(nameless)])],
    // In a group of its own: Ctrl-C of the terminal is for us, who then end it.
    detached: true,
    // The user's own preferences and plug-ins may turn protocols off.
    env: { ...process.env, WIRESHARK_CONFIG_DIR: '/nonexistent' },
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const end = (): void => void child.kill();
  stop?.addEventListener('abort', end);
  if (stop?.aborted) end();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 4000) said += chunk.toString();
  });
  const ended = new Promise<string | LabError | null>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      resolve(labError(missing ? text('unread.no-tshark') : text('unread.tshark-not-run', { error: error.message })));
    });
    child.once('close', (code) => resolve(code === 0 ? null : reasonIn(said)));
  });
  try {
    // No line of tshark's is too long: packets have a largest size, and what it follows it cuts itself.
    for await (const line of splitLines(child.stdout)) if (Buffer.isBuffer(line)) yield line.toString('latin1');
    const how = await ended;
    if (how instanceof LabError) throw how;
    return how;
  } finally {
    stop?.removeEventListener('abort', end);
    end();
  }
}

/** The last line it said, without its own name, the file's and its warning about root. */
function reasonIn(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() && !/Running as user/.test(line));
  const last =
    lines
      .at(-1)
      ?.replace(/^tshark: /, '')
      .trim() ?? '';
  return last.replace(/^The file "[^"]*" /, 'the file ') || 'tshark gave no reason';
}
