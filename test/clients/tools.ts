/**
 * The one place that knows which programs and which rights tests need, and which Debian package brings a program. A test
 * that lacks one is skipped with the reason, and what it lacked is noted on it: `skipped-tests.ts` counts that at the end of
 * a run, and fails the run where nothing may be skipped (CI=true or LAB_REQUIRED=1) but for tools left out on purpose.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { describe, type RunnerTestCase as Test, type TestContext, TestRunner } from 'vitest';

const PROGRAMS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

interface ToolSource {
  /** The Debian package. */
  debian: string;
  /** Its program's name, if not the tool's own. */
  program?: string;
  /** What must be there besides the program, or instead of it. */
  files?: readonly string[];
  /** 250 MB that `.ci/run` does not install: what needs it is run by hand. */
  byHand?: boolean;
}

const TOOLS = {
  // Debian's, for Debian's Python.
  aiohttp: { debian: 'python3-aiohttp', files: ['/usr/lib/python3/dist-packages/aiohttp'] },
  busybox: { debian: 'busybox' },
  certutil: { debian: 'libnss3-tools' },
  chromium: { debian: 'chromium' },
  conntrack: { debian: 'conntrack' },
  curl: { debian: 'curl' },
  'docker-compose': { debian: 'docker-compose' },
  dnsmasq: { debian: 'dnsmasq-base' },
  dumpcap: { debian: 'wireshark-common' },
  editcap: { debian: 'wireshark-common' },
  git: { debian: 'git' },
  go: { debian: 'golang-go', byHand: true },
  gunicorn: { debian: 'gunicorn' },
  'gnutls-cli': { debian: 'gnutls-bin' },
  'gnutls-serv': { debian: 'gnutls-bin' },
  ip: { debian: 'iproute2' },
  java: { debian: 'default-jdk-headless' },
  javac: { debian: 'default-jdk-headless' },
  lftp: { debian: 'lftp' },
  mergecap: { debian: 'wireshark-common' },
  mount: { debian: 'mount' },
  mosquitto: { debian: 'mosquitto' },
  mosquitto_pub: { debian: 'mosquitto-clients' },
  mosquitto_sub: { debian: 'mosquitto-clients' },
  'nats-server': { debian: 'nats-server' },
  nghttp: { debian: 'nghttp2-client' },
  nghttpx: { debian: 'nghttp2-proxy' },
  nginx: { debian: 'nginx-light' },
  nft: { debian: 'nftables' },
  okhttp: { debian: 'libokhttp-java', files: ['/usr/share/java/okhttp.jar', '/usr/share/java/okio.jar'] },
  openssl: { debian: 'openssl' },
  pdffonts: { debian: 'poppler-utils' },
  pdfinfo: { debian: 'poppler-utils' },
  pdftotext: { debian: 'poppler-utils' },
  pgrep: { debian: 'procps' },
  // Its programs are on no PATH.
  postgres: { debian: 'postgresql', files: ['/usr/lib/postgresql/15/bin/initdb'] },
  python: { debian: 'python3', program: 'python3' },
  psql: { debian: 'postgresql' },
  // Not "python3" from the PATH: Debian's requests belongs to Debian's Python.
  requests: { debian: 'python3-requests', files: ['/usr/lib/python3/dist-packages/requests'] },
  script: { debian: 'bsdutils' },
  setpriv: { debian: 'util-linux' },
  strace: { debian: 'strace' },
  sysctl: { debian: 'procps' },
  tcpdump: { debian: 'tcpdump' },
  tmux: { debian: 'tmux' },
  tshark: { debian: 'tshark' },
  unshare: { debian: 'util-linux' },
  unzip: { debian: 'unzip' },
  wget: { debian: 'wget' },
  wg: { debian: 'wireguard-tools' },
  'wireguard-go': { debian: 'wireguard-go' },
} as const satisfies Record<string, ToolSource>;

export type Tool = keyof typeof TOOLS;
export const TOOL_NAMES = Object.keys(TOOLS) as Tool[];
export const PACKAGES = [
  ...new Set(Object.values<ToolSource>(TOOLS).flatMap(({ debian, byHand }) => (byHand ? [] : debian))),
];

/** What no package brings: `namespaces` stands for root on a kernel that gives it network namespaces. */
export type Need = Tool | 'root' | 'namespaces';

/** What a network of namespaces (`test/lab/network.ts`) is built with. */
export const NETWORK: readonly Need[] = ['namespaces', 'ip', 'nft', 'sysctl'];

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test was skipped: names of Debian packages, or what no package brings. */
    lacks?: string[];
  }
}

/** Tools that count as missing though they are there, `MISSING_TOOLS="chromium dnsmasq"`: to try what a machine without them does. */
const PRETENDED = (process.env.MISSING_TOOLS ?? '').split(' ').filter(Boolean);

export function findTool(name: Tool): string | null {
  const { program = name, files }: ToolSource = TOOLS[name];
  if (PRETENDED.includes(name)) return null;
  if (files) return files.every((file) => may(file, constants.R_OK)) ? (files[0] ?? null) : null;
  return (
    PROGRAMS.map((directory) => `${directory}/${program}`).find((file) => may(file, constants.R_OK | constants.X_OK)) ??
    null
  );
}

/** Path of a program. Where it is missing, the test that is running is skipped here; in a hook or a bench this throws. */
export function toolPath(name: Tool): string {
  const found = findTool(name);
  if (found) return found;
  const test = TestRunner.getCurrentTest<Test | undefined>();
  if (test) requireTool(test.context, name);
  throw new Error(`${name} is missing: apt-get install ${TOOLS[name].debian}`);
}

/** Call first in a test: skips it where something is missing. */
export function requireTool(context: TestContext, ...needs: readonly Need[]): void {
  const lacks = lacking(needs);
  if (lacks.length === 0) return;
  context.task.meta.lacks = lacks;
  context.skip(reason(lacks));
}

/** `describe`, skipped as a whole where something is missing: its hooks do not run either. */
export function describeWith(needs: readonly Need[], name: string, tests: () => void): void {
  const lacks = lacking(needs);
  if (lacks.length === 0) describe(name, tests);
  else describe.skip(`${name} (${reason(lacks)})`, { meta: { lacks } }, tests);
}

/** For what is no test of vitest's: why it cannot be tried here, or null. */
export function whyNot(needs: readonly Need[]): string | null {
  const lacks = lacking(needs);
  return lacks.length === 0 ? null : reason(lacks);
}

const ROOT = 'root';
const NAMESPACES = 'network namespaces';
/** Left out on purpose. */
export const pretended = (lack: string): boolean => PRETENDED.some((name) => TOOLS[name as Tool]?.debian === lack);
/** These are no packages. */
export const RIGHTS: readonly string[] = [ROOT, NAMESPACES];

function lacking(needs: readonly Need[]): string[] {
  const lacks = needs.flatMap((need) => {
    if (need === 'root') return isRoot() ? [] : [ROOT];
    if (need === 'namespaces') return lacksForNamespaces();
    return findTool(need) ? [] : [TOOLS[need].debian];
  });
  return [...new Set(lacks)];
}

function reason(lacks: readonly string[]): string {
  const packages = lacks.filter((lack) => !RIGHTS.includes(lack));
  return [
    ...(lacks.includes(ROOT) ? ['needs root'] : []),
    ...(lacks.includes(NAMESPACES) ? ['this kernel or container allows no network namespaces'] : []),
    ...(packages.length > 0 ? [`not installed: apt-get install ${packages.join(' ')}`] : []),
  ].join('; ');
}

const isRoot = (): boolean => process.getuid?.() === 0;

let namespaces: string[] | undefined;
/** Asked of the kernel once per worker. Without `ip` nobody can ask: then its package is all that is known to be missing. */
function lacksForNamespaces(): string[] {
  namespaces ??= process.platform !== 'linux' ? [NAMESPACES] : isRoot() ? probe() : [ROOT];
  return namespaces;
}

function probe(): string[] {
  const ip = findTool('ip');
  if (!ip) return [];
  const name = `ph-probe-${process.pid}`;
  try {
    execFileSync(ip, ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync(ip, ['netns', 'del', name], { stdio: 'pipe' });
    return [];
  } catch {
    return [NAMESPACES];
  }
}

function may(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
