/** curl through the lab's proxy: HTTP/1.1, or HTTP/2 by ALPN. */
import { type Answer, type Ask, type Lab, proxyUrl } from './client.ts';
import { run } from './process.ts';
import { toolPath } from './tools.ts';

export async function askCurl(lab: Lab, ask: Ask, version: '1.1' | '2' = '1.1'): Promise<Answer> {
  const headers = (ask.headers ?? []).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { code, stdout, stderr } = await run(
    toolPath('curl'),
    [
      ...['--silent', '--show-error', '--include', '--suppress-connect-headers', '--proxy', proxyUrl(lab)],
      ...['--noproxy', '', version === '2' ? '--http2' : '--http1.1', '-H', 'Expect:'],
      ...(lab.caFile ? ['--cacert', lab.caFile] : []),
      ...['--request', ask.method ?? (ask.body ? 'POST' : 'GET')],
      ...headers,
      ...(ask.body ? ['--data-binary', '@-'] : []),
      ask.url,
    ],
    { input: ask.body, timeoutMs: ask.timeoutMs },
  );
  const end = stdout.indexOf('\r\n\r\n');
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(stdout.toString('latin1', 0, 32))?.[1];
  const body = end < 0 ? Buffer.alloc(0) : stdout.subarray(end + 4);
  return { ok: code === 0, status: status ? Number(status) : null, body, stderr };
}
