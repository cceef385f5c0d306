/**
 * Runs a real client as a process of its own: bounded output, a time limit, and only that process is ended.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export interface Ran {
  /** Null when it was ended by the time limit. */
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

const MAX_OUTPUT_BYTES = 16 << 20;

export interface RunOptions {
  env?: Record<string, string>;
  input?: Buffer;
  /** Its input does not end: it leaves when the other side does. */
  goesOn?: boolean;
  timeoutMs?: number;
  cwd?: string;
}

export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  // The proxies that the machine itself may use stay out.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
  const child = spawn(command, args, {
    env: { ...inherited, ...options.env },
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  return finish(child, options);
}

/** Of a process that was started with pipes. */
export async function finish(
  child: ChildProcessWithoutNullStreams,
  { input, goesOn }: Pick<RunOptions, 'input' | 'goesOn'> = {},
): Promise<Ran> {
  const out = gather(child.stdout);
  const err = gather(child.stderr);
  // A client that fails early closes its input: that is its result, not ours.
  child.stdin.on('error', () => {});
  if (goesOn) child.stdin.write(input ?? '');
  else child.stdin.end(input);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const code = await promise;
  return { code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() };
}

function gather(stream: NodeJS.ReadableStream): Buffer[] {
  const parts: Buffer[] = [];
  let length = 0;
  stream.on('data', (part: Buffer) => {
    if (length < MAX_OUTPUT_BYTES) parts.push(part);
    length += part.length;
  });
  return parts;
}
