/**
 * The kinds of clients and servers of the table client × server × (without the lab, through it): what each is started with.
 * `TLS_TABLE=full` brings the heavy ones as well (Java, Go, Chromium): `npm run table`. `TLS_CLIENTS='Java|Go'` only these.
 */
import { hash, X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './process.ts';
import { findTool, type Tool, toolPath } from './tools.ts';

export const FULL = process.env.TLS_TABLE === 'full';

/** A program with what it is given. */
export interface Call {
  command: [string, ...string[]];
  env?: Record<string, string>;
  input?: Buffer;
  goesOn?: boolean;
}

/** A page of each server. */
const PAGE = /the page of the table|Ciphers supported|>GnuTLS</;

/* Servers */

export interface Place {
  /** Null: all of the machine's. */
  ip: string | null;
  port: number;
  /** Of a plain server of the kind `Node`, beside its own. */
  plainPort: number;
  key: string;
  cert: string;
  dir: string;
}

interface ServerKind {
  tool: Tool | null;
  call(place: Place): Promise<Call['command']>;
}

const PAGES = `const [ip, port, plain, key, cert] = process.argv.slice(1), { readFileSync: read } = require('node:fs');
const answer = (request, response) => response.end('the page of the table');
require('node:https').createServer({ key: read(key), cert: read(cert) }, answer).listen(Number(port), ip);
require('node:http').createServer(answer).listen(Number(plain), '127.0.0.1');`;

export const SERVERS: Record<string, ServerKind> = {
  Node: {
    tool: null,
    call: async ({ ip, port, plainPort, key, cert }) => [
      process.execPath,
      ...['-e', PAGES, ip ?? '::', `${port}`, `${plainPort}`, key, cert],
    ],
  },
  'OpenSSL s_server': {
    tool: 'openssl',
    call: async ({ ip, port, key, cert }) => [
      toolPath('openssl'),
      ...['s_server', '-www', '-key', key, '-cert', cert, '-accept', ip === null ? `${port}` : `${ip}:${port}`],
    ],
  },
  'GnuTLS gnutls-serv': {
    tool: 'gnutls-serv',
    call: async ({ port, key, cert }) => [
      toolPath('gnutls-serv'),
      ...['--http', '--disable-client-cert', '-p', `${port}`, '--x509keyfile', key, '--x509certfile', cert],
    ],
  },
  nginx: { tool: 'nginx', call: nginx },
  nghttpx: {
    tool: 'nghttpx',
    call: async ({ ip, port, plainPort, key, cert }) => [
      toolPath('nghttpx'),
      ...['--conf=/dev/null', '--workers=1', '--errorlog-file=/dev/null', '--accesslog-file=/dev/null'],
      ...[`--frontend=${ip ?? '*'},${port}`, `--backend=127.0.0.1,${plainPort}`, key, cert],
    ],
  },
};

async function nginx({ ip, port, key, cert, dir }: Place): Promise<Call['command']> {
  const own = path.join(dir, 'nginx');
  await mkdir(own, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${own}/${of};`);
  const page = "location / { return 200 'the page of the table'; }";
  const listen = (ip === null ? [`${port}`, `[::]:${port}`] : [`${ip}:${port}`]).map((at) => `listen ${at} ssl http2;`);
  const server = `server { ${listen.join(' ')} ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${cert}; ssl_certificate_key ${key}; ${page} }`;
  const http = `http { access_log off; ${temporary.join(' ')} ${server} }`;
  await writeFile(`${own}/conf`, `daemon off; pid ${own}/pid; error_log /dev/null; events {} ${http}`);
  return [toolPath('nginx'), '-c', `${own}/conf`];
}

/* Clients */

export interface Way {
  /** `127.0.0.1:8080`; null: no proxy is set. */
  proxy: string | null;
  /** Where a client without a proxy setting connects to; null: to the server itself. */
  direct: { ip: string; port: number } | null;
  /** File with the lab's certificate and the servers' authority. */
  trust: string;
  /** File with the servers' authority alone. */
  own: string;
  /** Certificate of the servers. */
  cert: string;
  dir: string;
}

export interface ClientKind {
  name: string;
  tools: Tool[];
  ask(host: string, port: number, way: Way): Call;
  /** Default: 3. */
  tries?: number;
  /** What shows that it came through. Default: the page. */
  shows?: RegExp;
  /** Only where the network itself leads to the lab: it can be told of no proxy. */
  transparentOnly?: boolean;
  heavy?: boolean;
  /** In the sample of the transparent table. */
  sampled?: boolean;
}

const urlOf = (host: string, port: number): string => `https://${host}${port === 443 ? '' : `:${port}`}/`;
const request = (host: string): Buffer => Buffer.from(`GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
const proxyUrl = ({ proxy }: Way): string => (proxy === null ? '' : `http://${proxy}`);
const proxyEnv = (way: Way): Record<string, string> =>
  way.proxy === null ? {} : { https_proxy: proxyUrl(way), HTTPS_PROXY: proxyUrl(way), no_proxy: '', NO_PROXY: '' };

const curl =
  (...args: string[]): ClientKind['ask'] =>
  (host, port, way) => ({
    command: [
      toolPath('curl'),
      ...['-sS', '--max-time', '20', '--noproxy', way.proxy === null ? '*' : '', '-x', proxyUrl(way)],
      ...['--cacert', way.trust, ...args, urlOf(host, port)],
    ],
  });

const openssl =
  (...args: string[]): ClientKind['ask'] =>
  (host, port, way) => ({
    command: [
      toolPath('openssl'),
      ...['s_client', ...(way.proxy === null ? [] : ['-proxy', way.proxy]), '-connect', `${host}:${port}`],
      ...['-servername', host, '-CAfile', way.trust, '-verify_return_error', '-quiet', '-ign_eof', ...args],
    ],
    input: request(host),
  });

const gnutls: ClientKind['ask'] = (host, port, { direct, trust }) => ({
  command: [
    toolPath('gnutls-cli'),
    ...[`--x509cafile=${trust}`, `--sni-hostname=${host}`, `--verify-hostname=${host}`],
    ...['-p', `${direct?.port ?? port}`, direct?.ip ?? host],
  ],
  input: request(host),
  // nghttpx answers nobody who has ended his side.
  goesOn: true,
});

const PYTHON = `import ssl, sys, urllib.request as u
context = ssl.create_default_context(cafile=sys.argv[1])
proxies = {"https": sys.argv[2]} if sys.argv[2] else {}
opener = u.build_opener(u.ProxyHandler(proxies), u.HTTPSHandler(context=context))
print(opener.open(sys.argv[3], timeout=20).read().decode())`;

const java =
  (name: 'TableAsk' | 'OkHttpAsk', args: (host: string, way: Way) => string[]): ClientKind['ask'] =>
  (host, port, way) => ({
    command: [
      toolPath('java'),
      ...['-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', [javaClasses(way.dir), ...JARS].join(':'), name],
      ...(way.proxy?.split(':') ?? ['-', '0']),
      ...args(host, way).flatMap((one) => (one === 'URL' ? urlOf(host, port) : one)),
    ],
  });
const okhttp = (pin: (host: string, way: Way) => string, times = 1) =>
  java('OkHttpAsk', (host, way) => [way.trust, '-', pin(host, way), 'h2', `${times}`, 'GET', 'URL']);
const pinOf = (host: string, cert: string): string =>
  `${host}=sha256/${hash('sha256', new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }), 'base64')}`;

let profiles = 0;

const ALL_CLIENTS: ClientKind[] = [
  { name: 'curl, HTTP/2', tools: ['curl'], ask: curl(), sampled: true },
  {
    name: 'curl, TLS 1.2, RSA suites only',
    tools: ['curl'],
    ask: curl('--tls-max', '1.2', '--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256'),
    sampled: true,
  },
  { name: 'curl, TLS 1.2, X25519 only', tools: ['curl'], ask: curl('--tls-max', '1.2', '--curves', 'X25519') },
  { name: 'curl, TLS 1.2, P-384 only', tools: ['curl'], ask: curl('--tls-max', '1.2', '--curves', 'P-384') },
  {
    name: 'OpenSSL, TLS 1.3, RSA signatures only',
    tools: ['openssl'],
    ask: openssl('-tls1_3', '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256'),
    sampled: true,
  },
  { name: 'OpenSSL, RSA key exchange', tools: ['openssl'], ask: openssl('-tls1_2', '-cipher', 'AES128-GCM-SHA256') },
  {
    name: 'OpenSSL, finite fields only',
    tools: ['openssl'],
    ask: openssl('-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256'),
  },
  { name: 'GnuTLS', tools: ['gnutls-cli'], ask: gnutls, sampled: true },
  {
    name: 'wget',
    tools: ['wget'],
    ask: (host, port, way) => ({
      command: [
        toolPath('wget'),
        ...['-q', '-O', '-', '--tries=1', '--timeout=20', `--ca-certificate=${way.trust}`, urlOf(host, port)],
      ],
      env: proxyEnv(way),
    }),
  },
  {
    name: 'lftp',
    tools: ['lftp'],
    ask: (host, port, way) => ({
      command: [
        toolPath('lftp'),
        '-c',
        `set net:max-retries 1; set net:timeout 15; set ssl:ca-file ${way.trust}; set https:proxy "${proxyUrl(way)}"; cat ${urlOf(host, port)}`,
      ],
      env: { HOME: way.dir, LFTP_HOME: way.dir },
    }),
  },
  {
    name: 'git',
    tools: ['git'],
    // Its libcurl is the one on GnuTLS. No server of the table has a repository: an answer is enough.
    ask: (host, port, way) => ({
      command: [
        toolPath('git'),
        ...['-c', `http.sslCAInfo=${way.trust}`, '-c', `http.proxy=${proxyUrl(way)}`],
        ...['ls-remote', `${urlOf(host, port)}a.git`],
      ],
      env: { GIT_SSL_CAINFO: way.trust, GIT_CURL_VERBOSE: '1', GIT_TERMINAL_PROMPT: '0', HOME: way.dir },
    }),
    shows: /Send header: GET[\s\S]*Recv header: HTTP\/[\d.]+ \d{3}/,
  },
  {
    name: 'Python',
    tools: ['python'],
    ask: (host, port, way) => ({
      command: [toolPath('python'), '-c', PYTHON, way.trust, proxyUrl(way), urlOf(host, port)],
    }),
    sampled: true,
  },
  {
    name: 'Node',
    tools: [],
    ask: (host, port, way) => ({
      command: [
        process.execPath,
        ...['-e', `fetch("${urlOf(host, port)}").then((answer) => answer.text()).then(console.log)`],
      ],
      env: { NODE_USE_ENV_PROXY: '1', NODE_EXTRA_CA_CERTS: way.trust, ...proxyEnv(way) },
    }),
  },
  {
    name: 'nghttp',
    tools: ['nghttp'],
    ask: (host, port) => ({ command: [toolPath('nghttp'), '--timeout=15', urlOf(host, port)] }),
    transparentOnly: true,
    sampled: true,
  },
  {
    name: 'Java',
    tools: ['java', 'javac', 'okhttp'],
    ask: java('TableAsk', (_host, { trust }) => [trust, 'URL']),
    heavy: true,
  },
  {
    name: 'Java, a trust store of its own',
    tools: ['java', 'javac', 'okhttp'],
    ask: java('TableAsk', (_host, { own }) => [own, 'URL']),
    // Three refusals are the proof.
    tries: 4,
    heavy: true,
  },
  { name: 'OkHttp', tools: ['java', 'javac', 'okhttp'], ask: okhttp(() => '-'), heavy: true },
  {
    name: 'OkHttp, pinned',
    tools: ['java', 'javac', 'okhttp'],
    ask: okhttp((host, { cert }) => pinOf(host, cert)),
    heavy: true,
  },
  {
    name: 'Go',
    tools: ['go'],
    ask: (host, port, way) => ({
      command: [path.join(way.dir, 'go-ask'), way.trust, urlOf(host, port)],
      env: proxyEnv(way),
    }),
    heavy: true,
  },
  {
    name: 'Chromium',
    tools: ['chromium', 'certutil'],
    ask: (host, port, way) => ({
      command: [
        toolPath('chromium'),
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-extensions'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ...['--disable-dev-shm-usage', `--user-data-dir=${way.dir}/profile-${++profiles}`],
        ...(way.proxy === null ? ['--no-proxy-server'] : [`--proxy-server=${proxyUrl(way)}`]),
        ...['--dump-dom', urlOf(host, port)],
      ],
      env: { HOME: way.dir, XDG_CONFIG_HOME: way.dir, XDG_CACHE_HOME: way.dir },
    }),
    heavy: true,
  },
];

const chosen = new RegExp(process.env.TLS_CLIENTS ?? '');
export const CLIENTS = ALL_CLIENTS.filter(({ name }) => chosen.test(name));

export const cameThrough = ({ shows = PAGE }: ClientKind, said: { stdout: Buffer; stderr: string }): boolean =>
  shows.test(`${said.stdout.toString()}\n${said.stderr}`);

const JARS = ['/usr/share/java/okhttp.jar', '/usr/share/java/okio.jar'];
const javaClasses = (dir: string): string => path.join(dir, 'classes');

const GO = `package main
import ("crypto/tls"; "crypto/x509"; "io"; "net/http"; "os"; "time")
func main() {
  pem, _ := os.ReadFile(os.Args[1])
  roots := x509.NewCertPool()
  roots.AppendCertsFromPEM(pem)
  transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
  answer, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Get(os.Args[2])
  if err != nil { println(err.Error()); os.Exit(1) }
  io.Copy(os.Stdout, answer.Body)
}
`;

/** Compiles and installs what the heavy clients need, where it can be. */
export async function prepareClients(dir: string, authorities: readonly string[]): Promise<void> {
  if (!FULL) return;
  const must = async (what: string, program: string, args: string[], env = {}): Promise<void> => {
    const { code, stderr } = await run(program, args, { env });
    if (code !== 0) throw new Error(`${what}: ${stderr}`);
  };
  const sources = ['TableAsk.java', 'OkHttpAsk.java'].map((name) => path.join(import.meta.dirname, name));
  const [javac, go, certutil] = [findTool('javac'), findTool('go'), findTool('certutil')];
  if (javac && findTool('okhttp'))
    await must('javac', javac, ['-nowarn', '-d', javaClasses(dir), '-cp', JARS.join(':'), ...sources]);
  if (go) {
    await writeFile(path.join(dir, 'ask.go'), GO);
    const env = { GO111MODULE: 'off', GOCACHE: path.join(dir, 'go-cache'), GOPATH: dir };
    await must('go build', go, ['build', '-o', path.join(dir, 'go-ask'), path.join(dir, 'ask.go')], env);
  }
  if (!certutil) return;
  const database = path.join(dir, '.pki', 'nssdb');
  await mkdir(database, { recursive: true });
  await must('certutil', certutil, ['-d', `sql:${database}`, '-N', '--empty-password']);
  for (const [index, file] of authorities.entries())
    await must('certutil', certutil, ['-d', `sql:${database}`, '-A', '-n', `ca ${index}`, '-t', 'C,,', '-i', file]);
}
