/**
 * JA4 of real clients as they leave the phone and as a server meets them through the lab: `node bench/tls-fingerprints.ts`.
 * A server on loopback reads the first ClientHello and hangs up. Prints a Markdown table, and JSON with `--json`;
 * docs/tls-fingerprints.md holds a recorded run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { browse } from '../test/clients/chromium.ts';
import type { Lab } from '../test/clients/client.ts';
import { askCurl } from '../test/clients/curl.ts';
import { askNodeFetch } from '../test/clients/node-fetch.ts';
import { compileOkHttp } from '../test/clients/okhttp.ts';
import { askPython } from '../test/clients/python.ts';
import { findTool, type Tool } from '../test/clients/tools.ts';
import { firstHello, type Hello } from '../test/wire/first-hello.ts';
import { labCa } from '../test/wire/lab.ts';
import { dialUp } from '../test/wire/servers.ts';

const EXTENSIONS = new Map([
  [0x0000, 'server_name'],
  [0x0005, 'status_request'],
  [0x000a, 'supported_groups'],
  [0x000b, 'ec_point_formats'],
  [0x000d, 'signature_algorithms'],
  [0x0010, 'ALPN'],
  [0x0011, 'status_request_v2'],
  [0x0012, 'SCT'],
  [0x0015, 'padding'],
  [0x0016, 'encrypt_then_mac'],
  [0x0017, 'extended_master_secret'],
  [0x001b, 'compress_certificate'],
  [0x0023, 'session_ticket'],
  [0x002b, 'supported_versions'],
  [0x002d, 'psk_key_exchange_modes'],
  [0x0031, 'post_handshake_auth'],
  [0x0032, 'signature_algorithms_cert'],
  [0x0033, 'key_share'],
  [0x3374, 'NPN'],
  [0x4469, 'ALPS (old)'],
  [0x44cd, 'ALPS'],
  [0xca34, 'trust_anchors'],
  [0xfe0d, 'ECH'],
  [0xff01, 'renegotiation_info'],
]);

const JAVA: Tool[] = ['java', 'javac', 'okhttp'];
const url = 'https://a.test/';
const CLIENTS: { name: string; tools: Tool[]; ask: (lab: Lab) => Promise<unknown> }[] = [
  { name: 'curl (OpenSSL), HTTP/1.1', tools: ['curl'], ask: (lab) => askCurl(lab, { url }) },
  { name: 'curl (OpenSSL), HTTP/2', tools: ['curl'], ask: (lab) => askCurl(lab, { url }, '2') },
  { name: 'Python requests', tools: ['python', 'requests'], ask: (lab) => askPython(lab, { url }) },
  { name: 'Node fetch', tools: [], ask: (lab) => askNodeFetch(lab, { url }) },
  {
    name: 'OkHttp on Java, HTTP/1.1',
    tools: JAVA,
    ask: async (lab) => withOkHttp((okhttp) => okhttp.ask(lab, { url }, { http: 'h1' })),
  },
  {
    name: 'OkHttp on Java, HTTP/2',
    tools: JAVA,
    ask: async (lab) => withOkHttp((okhttp) => okhttp.ask(lab, { url }, { http: 'h2' })),
  },
  { name: 'Chromium', tools: ['chromium', 'certutil'], ask: (lab) => browse(lab, url) },
  { name: 'an old phone: TLS 1.2, CBC suites', tools: [], ask: (lab) => askOld(lab) },
];

async function withOkHttp<T>(use: (okhttp: Awaited<ReturnType<typeof compileOkHttp>>) => Promise<T>): Promise<T> {
  const okhttp = await compileOkHttp();
  try {
    return await use(okhttp);
  } finally {
    await okhttp.remove();
  }
}

async function askOld(lab: Lab): Promise<void> {
  const { socket, until } = dialUp(lab.proxy.port);
  socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
  await until((bytes) => bytes.includes('\r\n\r\n'));
  socket.removeAllListeners('data');
  const ciphers = 'ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-SHA:AES256-SHA@SECLEVEL=0';
  await new Promise<void>((done) => {
    connectTls({ socket, servername: 'a.test', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers, ca: labCa.pem })
      .on('error', () => done())
      .on('close', () => done());
  });
}

const part = (hello: Hello, n: number): string => hello.facts.ja4?.split('_')[n] ?? '';
const names = (types: number[]): string =>
  types.map((type) => EXTENSIONS.get(type) ?? `0x${type.toString(16).padStart(4, '0')}`).join(', ') || '–';
const equal = (a: number[], b: number[]): string => (a.join() === b.join() ? 'same' : 'differs');

const dir = mkdtempSync(join(tmpdir(), 'fingerprints-'));
const caFile = join(dir, 'ca.pem');
writeFileSync(caFile, labCa.pem);
const rows: Record<string, string>[] = [];
for (const { name, tools, ask } of CLIENTS) {
  if (tools.some((tool) => !findTool(tool))) continue;
  const sent = await firstHello('passthrough', ask, caFile);
  const met = await firstHello('intercept', ask, caFile);
  const extensions = (hello: Hello) => new Set(hello.offer.extensions);
  rows.push({
    client: name,
    'JA4 of the phone': sent.facts.ja4 ?? '–',
    'JA4 at the server': met.facts.ja4 ?? '–',
    suites: part(sent, 1) === part(met, 1) ? equal(sent.offer.ciphers, met.offer.ciphers) : 'differs',
    groups: equal(sent.offer.groups, met.offer.groups),
    algorithms: equal(sent.offer.signatureAlgorithms, met.offer.signatureAlgorithms),
    'missing at the server': names(sent.offer.extensions.filter((type) => !extensions(met).has(type))),
    'added by the lab': names(met.offer.extensions.filter((type) => !extensions(sent).has(type))),
    GREASE: sent.facts.grease ? 'yes → no' : 'no',
    ECH: sent.facts.ech ? 'yes → no' : 'no',
  });
}
rmSync(dir, { recursive: true });
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(line(columns) + line(columns.map(() => '---')));
  for (const row of rows) process.stdout.write(line(columns.map((column) => row[column] ?? '')));
}
process.exit(0);
