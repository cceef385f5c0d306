/**
 * Which programs the tests need, where Debian has them, and what happens when one is missing: on a developer's
 * machine the test is skipped with the reason; with CI=true or LAB_REQUIRED=1 it fails, so that nothing is
 * quietly left unproven.
 */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'vitest';

const TOOLS = {
  curl: { paths: ['/usr/bin/curl'], debian: 'curl' },
  // Not "python3" from the PATH: Debian's requests belongs to Debian's Python.
  python: { paths: ['/usr/bin/python3'], debian: 'python3-requests', also: '/usr/lib/python3/dist-packages/requests' },
  chromium: { paths: ['/usr/bin/chromium'], debian: 'chromium' },
  certutil: { paths: ['/usr/bin/certutil'], debian: 'libnss3-tools' },
  javac: { paths: ['/usr/bin/javac'], debian: 'default-jdk-headless' },
  java: { paths: ['/usr/bin/java'], debian: 'default-jdk-headless' },
  okhttp: { paths: ['/usr/share/java/okhttp.jar'], debian: 'libokhttp-java', also: '/usr/share/java/okio.jar' },
  mosquitto: { paths: ['/usr/sbin/mosquitto'], debian: 'mosquitto' },
  mosquitto_pub: { paths: ['/usr/bin/mosquitto_pub'], debian: 'mosquitto-clients' },
  mosquitto_sub: { paths: ['/usr/bin/mosquitto_sub'], debian: 'mosquitto-clients' },
  openssl: { paths: ['/usr/bin/openssl'], debian: 'openssl' },
  dumpcap: { paths: ['/usr/bin/dumpcap'], debian: 'wireshark-common' },
  editcap: { paths: ['/usr/bin/editcap'], debian: 'wireshark-common' },
  tshark: { paths: ['/usr/bin/tshark'], debian: 'tshark' },
} as const satisfies Record<string, { paths: string[]; debian: string; also?: string }>;

export type Tool = keyof typeof TOOLS;

export function findTool(name: Tool): string | null {
  const tool: { paths: readonly string[]; also?: string } = TOOLS[name];
  if (tool.also && !exists(tool.also)) return null;
  return tool.paths.find(exists) ?? null;
}

/** Path of a program that must be there; harnesses use it after the test itself asked with `requireTool`. */
export function toolPath(name: Tool): string {
  const found = findTool(name);
  if (!found) throw new Error(`${name} is missing: apt-get install ${TOOLS[name].debian}`);
  return found;
}

/** Call first in a test: skips it, or fails it where every tool is required. */
export function requireTool(context: TestContext, ...names: Tool[]): void {
  const missing = names.filter((name) => !findTool(name));
  if (missing.length === 0) return;
  const advice = `apt-get install ${[...new Set(missing.map((name) => TOOLS[name].debian))].join(' ')}`;
  const reason = `${missing.join(', ')} not installed: ${advice}`;
  if (process.env.CI === 'true' || process.env.LAB_REQUIRED === '1') throw new Error(reason);
  context.skip(reason);
}

function exists(file: string): boolean {
  try {
    accessSync(path.resolve(file), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
