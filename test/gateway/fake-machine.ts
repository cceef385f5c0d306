/** A machine that only exists in memory: files, tools, and answers to commands. Records what was run. */
import type { Machine, Ran } from '../../src/gateway/machine.ts';

export interface FakeMachine extends Machine {
  files: Map<string, string>;
  ran: string[];
}

export interface FakeOptions {
  platform?: string;
  isRoot?: boolean;
  tools?: string[];
  files?: Record<string, string>;
  sshConnection?: string | null;
  /** By the command's first words; the longest match answers. Others succeed and print nothing. */
  answers?: Record<string, string | { fails: string }>;
}

export const ALL_TOOLS = ['ip', 'nft', 'dnsmasq', 'hostapd', 'wg', 'wireguard-go'];

/** `ip -j addr show` of a machine with these interfaces. */
export function addrJson(interfaces: Record<string, string[]>): string {
  return JSON.stringify(
    Object.entries(interfaces).map(([ifname, cidrs]) => ({
      ifname,
      flags: ['BROADCAST', 'UP', 'LOWER_UP'],
      addr_info: cidrs.map((cidr) => {
        const [local = '', bits] = cidr.split('/');
        return { family: local.includes(':') ? 'inet6' : 'inet', local, prefixlen: Number(bits) };
      }),
    })),
  );
}

export const TWO_INTERFACES = { lo: ['127.0.0.1/8'], wlan0: ['10.77.0.1/24'], eth0: ['192.168.1.5/24'] };

export function fakeMachine(options: FakeOptions = {}): FakeMachine {
  const files = new Map(Object.entries({ '/proc/sys/kernel/random/boot_id': 'boot-1\n', ...options.files }));
  const tools = options.tools ?? ALL_TOOLS;
  const answers: FakeOptions['answers'] = {
    'ip -j addr show': addrJson(TWO_INTERFACES),
    'ip -j -4 route show default': '[{"dst":"default"}]',
    'nft list table inet phonehome': { fails: 'No such file or directory' },
    ...options.answers,
  };
  const ran: string[] = [];
  return {
    files,
    ran,
    platform: options.platform ?? 'linux',
    isRoot: options.isRoot ?? true,
    sshConnection: options.sshConnection ?? null,
    tool: (name) => (tools.includes(name) ? `/usr/sbin/${name}` : null),
    run(name, args): Ran {
      const command = [name, ...args].join(' ');
      ran.push(command);
      const key = Object.keys(answers)
        .filter((one) => command.startsWith(one))
        .toSorted((a, b) => b.length - a.length)[0];
      const answer = key === undefined ? '' : (answers[key] ?? '');
      return typeof answer === 'string' ? { ok: true, out: answer } : { ok: false, why: answer.fails };
    },
    read: (path) => files.get(path) ?? null,
    write: (path, text) => void files.set(path, text),
    set(path, value) {
      files.set(path, value);
      return { ok: true, out: '' };
    },
    remove(path) {
      for (const file of files.keys()) if (file === path || file.startsWith(`${path}/`)) files.delete(file);
    },
    signal: () => false,
    wait: () => {},
  };
}
