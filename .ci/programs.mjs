/**
 * The examples of docs/programs.md in a project that has the installed package among its own: `node programs.mjs PROGRAMS.md NODE26`.
 * The client is asked once more by the Node that runs this, which may be older.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const [page, node] = process.argv.slice(2);
const IMEI = '490154203237518';
for (const [, code, name] of readFileSync(page, 'utf8').matchAll(/^```js\n(\/\/ ([\w-]+\.mjs)\b[\s\S]*?)^```$/gm)) writeFileSync(name, code);
const inherit = { stdio: ['ignore', 'pipe', 'inherit'] };
const printed = async (...words) => (await text(spawn(node, words, inherit).stdout)).trim();
const expect = (said, wanted) => {
  if (!wanted.test(said)) throw new Error(`${wanted} was expected, not: ${said}`);
  console.log(said);
};

expect(await printed('inspector.mjs'), /^imei 490154\*+18 at \$\.d, through .*base64$/);
const request = { method: 'GET', url: `https://vendor.example/?imei=${IMEI}`, httpVersion: 'HTTP/1.1', headers: [], cookies: [] };
const entry = { startedDateTime: '2026-11-22T10:00:00.000Z', request, response: { status: 200, headers: [], content: { size: 0 } } };
writeFileSync('traffic.har', JSON.stringify({ log: { version: '1.2', creator: { name: 'a', version: '1' }, entries: [entry] } }));
expect(await printed('scanner.mjs', 'traffic.har'), /^imei 490154\*+18 in the query to vendor\.example$/m);

const server = http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
await once(server, 'listening');
writeFileSync('map.json', JSON.stringify([{ host: 'vendor.example', port: 80, dial: `127.0.0.1:${server.address().port}`, address: '42.62.48.10' }]));
const flags = ['--data', 'lab', '--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0', '--upstream-map', 'map.json'];
const lab = spawn('phonehome', ['start', '--json', ...flags], inherit);
let told = '';
for await (const line of createInterface({ input: lab.stdout })) {
  const { type, proxy, ui, token } = JSON.parse(line);
  if (type !== 'ready') continue;
  const { createClient, answerOf } = await import('phonehome-lab/client');
  const asking = createClient({ url: ui.url, token: readFileSync(token, 'utf8').trim() });
  expect((await answerOf(asking.GET('/api/health'))).status, /^ok$/);
  const client = printed('client.mjs', ui.url, token);
  const again = setInterval(() => {
    http.get({ port: proxy.port, host: '127.0.0.1', path: `http://vendor.example/?imei=${IMEI}`, headers: { Host: 'vendor.example' } }).on('error', () => {});
  }, 500);
  told = await client;
  clearInterval(again);
  lab.kill('SIGTERM');
  break;
}
expect(told, /now: .*IMEI/);
server.close();
