/**
 * Runs tshark (Wireshark's command line) over a capture file and gives its output line by line.
 * Promise: nothing is looked up on the network (`-n`); a missing or failing tshark is a LabError of one line that says what to do.
 */
import { spawn } from 'node:child_process';
import { LabError } from '../model/lab.ts';
import { splitLines } from './lines.ts';

/** @param keyLog an SSLKEYLOGFILE beside the capture; secrets embedded in a pcapng are used anyway. */
export async function* tshark(file: string, keyLog: string | null, args: string[]): AsyncGenerator<string> {
  const keys = keyLog ? ['-o', `tls.keylog_file:${keyLog}`] : [];
  const child = spawn('tshark', ['-n', '-r', file, ...keys, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 4000) said += chunk.toString();
  });
  const ended = new Promise<LabError | null>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      resolve(
        new LabError(
          missing
            ? 'captures are read through tshark, which is not installed: apt install tshark'
            : `tshark cannot be run: ${error.message}`,
        ),
      );
    });
    child.once('close', (code) =>
      resolve(code === 0 ? null : new LabError(`tshark cannot read ${file}: ${reasonIn(said)}`)),
    );
  });
  try {
    // No line of tshark's is too long: it cuts what it follows itself.
    for await (const line of splitLines(child.stdout)) if (Buffer.isBuffer(line)) yield line.toString('latin1');
    const failure = await ended;
    if (failure) throw failure;
  } finally {
    child.kill();
  }
}

/** The last line it said, without its own name and its warning about root. */
function reasonIn(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() && !/Running as user/.test(line));
  return (
    lines
      .at(-1)
      ?.replace(/^tshark: /, '')
      .trim() || 'it gave no reason'
  );
}
