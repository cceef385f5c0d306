/**
 * OkHttp on Java through the lab's proxy, the CA injected as an app's own trust store, optionally with a certificate
 * pin. The Java file is compiled once per test file, into a directory that is removed at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer, Ask, Lab } from './client.ts';
import { run } from './process.ts';
import { toolPath } from './tools.ts';

const JARS = ['/usr/share/java/okhttp.jar', '/usr/share/java/okio.jar'];

export interface OkHttpAnswer extends Answer {
  /** e.g. `http/1.1`, `h2`. */
  protocol: string | null;
}

export interface OkHttp {
  /** `pin` is `host=sha256/…`; with `times` the same client asks again and the last answer counts. */
  ask(lab: Lab, ask: Ask, given?: { pin?: string; http?: 'h1' | 'h2'; times?: number }): Promise<OkHttpAnswer>;
  remove(): Promise<void>;
}

export async function compileOkHttp(): Promise<OkHttp> {
  const classes = await mkdtemp(path.join(tmpdir(), 'okhttp-'));
  const source = path.join(import.meta.dirname, 'OkHttpAsk.java');
  const compiled = await run(toolPath('javac'), ['-nowarn', '-d', classes, '-cp', JARS.join(':'), source]);
  if (compiled.code !== 0) throw new Error(`javac OkHttpAsk.java: ${compiled.stderr}`);
  return {
    async ask(lab, ask, given = {}) {
      const { code, stdout, stderr } = await run(
        toolPath('java'),
        [
          ...['-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', [classes, ...JARS].join(':'), 'OkHttpAsk'],
          ...[lab.proxy.host, String(lab.proxy.port), lab.caFile ?? '-', lab.user ?? '-', given.pin ?? '-'],
          ...[given.http ?? 'h1', String(given.times ?? 1), ask.method ?? (ask.body ? 'POST' : 'GET'), ask.url],
          ...(ask.headers ?? []).flat(),
        ],
        { input: ask.body ?? Buffer.alloc(0), timeoutMs: ask.timeoutMs },
      );
      const line = stdout.indexOf('\n');
      const [status, protocol] = line > 0 ? stdout.toString('latin1', 0, line).split(' ') : [];
      return {
        ok: code === 0 && status !== undefined,
        status: status ? Number(status) : null,
        protocol: protocol ?? null,
        body: stdout.subarray(line + 1),
        stderr,
      };
    },
    remove: () => rm(classes, { recursive: true }),
  };
}
