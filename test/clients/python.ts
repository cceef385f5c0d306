/** Python's requests (Debian's) through the lab's proxy. */
import { type Answer, type Ask, type Lab, proxyUrl } from './client.ts';
import { run } from './process.ts';
import { toolPath } from './tools.ts';

const SCRIPT = `
import json, sys, requests
given = json.loads(sys.argv[1])
answer = requests.request(
    given["method"], given["url"], headers=dict(given["headers"]), data=sys.stdin.buffer.read() or None,
    proxies={"http": given["proxy"], "https": given["proxy"]}, verify=given["ca"] or True, timeout=30)
sys.stdout.buffer.write(str(answer.status_code).encode() + b"\\n" + answer.content)
`;

export async function askPython(lab: Lab, ask: Ask): Promise<Answer> {
  const given = {
    url: ask.url,
    method: ask.method ?? (ask.body ? 'POST' : 'GET'),
    headers: ask.headers ?? [],
    proxy: proxyUrl(lab),
    ca: lab.caFile,
  };
  const { code, stdout, stderr } = await run(toolPath('python'), ['-c', SCRIPT, JSON.stringify(given)], {
    input: ask.body ?? Buffer.alloc(0),
    timeoutMs: ask.timeoutMs,
  });
  const line = stdout.indexOf('\n');
  return {
    ok: code === 0,
    status: line > 0 ? Number(stdout.toString('latin1', 0, line)) : null,
    body: stdout.subarray(line + 1),
    // The last line of a traceback is the error itself.
    stderr: stderr.trimEnd().split('\n').at(-1) ?? '',
  };
}
