/** Node's own `fetch` (undici), as a process that is told of proxy and CA by its environment alone. */
import { type Answer, type Ask, type Lab, proxyUrl } from './client.ts';
import { run } from './process.ts';

const SCRIPT = `
const [given] = process.argv.slice(1).map((text) => JSON.parse(text));
const parts = []; for await (const part of process.stdin) parts.push(part);
const body = Buffer.concat(parts);
const answer = await fetch(given.url, { method: given.method, headers: given.headers, body: body.length ? body : undefined })
  .catch((error) => { console.error(error.cause?.code ?? error.message); process.exit(1); });
process.stdout.write(answer.status + '\\n');
process.stdout.write(Buffer.from(await answer.arrayBuffer()));
`;

export async function askNodeFetch(lab: Lab, ask: Ask): Promise<Answer> {
  const proxy = proxyUrl(lab);
  const env: Record<string, string> = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  if (lab.caFile) env.NODE_EXTRA_CA_CERTS = lab.caFile;
  const given = { url: ask.url, method: ask.method ?? (ask.body ? 'POST' : 'GET'), headers: ask.headers ?? [] };
  const { code, stdout, stderr } = await run(
    process.execPath,
    ['--input-type=module', '-e', SCRIPT, JSON.stringify(given)],
    { env, input: ask.body, timeoutMs: ask.timeoutMs },
  );
  const line = stdout.indexOf('\n');
  const status = line > 0 ? Number(stdout.toString('latin1', 0, line)) : null;
  return { ok: code === 0, status, body: stdout.subarray(line + 1), stderr: stderr.trim() };
}
