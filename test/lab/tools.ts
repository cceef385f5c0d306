/** Why a laboratory test that needs further tools cannot run here, or null. With LAB_REQUIRED=1 a reason is a failure, not a skip. */
import { existsSync } from 'node:fs';
import { whyNoLab } from './network.ts';

const DIRECTORIES = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
const PACKAGES: Record<string, string> = {
  busybox: 'busybox',
  conntrack: 'conntrack',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  dumpcap: 'tshark',
  editcap: 'tshark',
  mergecap: 'tshark',
  python3: 'python3',
  setpriv: 'util-linux',
};

export function whyNoLabWith(...tools: string[]): string | null {
  const noLab = whyNoLab();
  if (noLab) return noLab;
  const missing = tools.filter((tool) => !DIRECTORIES.some((directory) => existsSync(`${directory}/${tool}`)));
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.map((tool) => PACKAGES[tool] ?? tool))];
  const reason = `${missing.join(', ')} not installed: apt-get install ${packages.join(' ')}`;
  if (process.env.LAB_REQUIRED === '1') throw new Error(`LAB_REQUIRED=1, but ${reason}`);
  return reason;
}
