/**
 * Three hosts on one machine: phone – gateway – internet, each a network namespace of its own, joined by veth pairs.
 * Everything a laboratory test sends stays inside these; `down()` removes them whatever happened.
 *
 *   phone 10.77.0.2, fd77::2  ──lan0──  gateway 10.77.0.1, fd77::1 │ 198.18.0.1, 2001:2::1  ──wan0──  internet 198.18.0.2, 2001:2::2 + any address asked for
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { markedEnvironment, namespaceName, nextId } from './traces.ts';

export type Host = 'phone' | 'gateway' | 'internet';

export interface LabNetwork {
  /** Name of a host's namespace, for `ip netns exec`. */
  name(host: Host): string;
  /** Runs a command to its end on a host and returns what it printed; throws with its stderr. */
  run(host: Host, command: string[], input?: string): string;
  /** Runs a command to its end and tells how it went; never throws for what it did. */
  spawn(host: Host, command: string[]): { code: number; stdout: string; stderr: string };
  /** Starts a command on a host; `down()` ends it if it still runs. */
  start(host: Host, command: string[], options?: SpawnOptions): ChildProcess;
  /** Gives the internet host another address, e.g. `42.62.48.10` or `2400:da00::6666`, reachable from the phone. */
  addServerAddress(address: string): void;
  down(): void;
}

const CHECKOUT = path.resolve(import.meta.dirname, '../..');

/** The command as nobody runs it, for a host of the laboratory. Nobody may not reach a checkout in root's home: it is shown at /mnt. */
export function asNobody(command: string[]): string[] {
  const there = command.map((part) => (part.startsWith(CHECKOUT) ? `/mnt${part.slice(CHECKOUT.length)}` : part));
  const rights = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
  // `ip netns exec` gives a command mounts of its own.
  return ['sh', '-c', `mount --bind "$0" /mnt && exec ${rights} "$@"`, CHECKOUT, ...there];
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended by itself meanwhile.
  }
}

export function createLabNetwork(): LabNetwork {
  const id = nextId();
  const name = (host: Host): string => namespaceName(host, id);
  const env = markedEnvironment();
  const hosts: Host[] = ['phone', 'gateway', 'internet'];
  const children = new Set<ChildProcess>();
  const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });
  const run = (host: Host, command: string[], input?: string): string =>
    execFileSync('ip', ['netns', 'exec', name(host), ...command], { encoding: 'utf8', stdio: 'pipe', env, input });
  const address = (host: Host, device: string, ...cidrs: string[]): void => {
    for (const cidr of cidrs) {
      // Duplicate address detection would keep a v6 address unusable for a second.
      const nodad = cidr.includes(':') ? ['nodad'] : [];
      ip('-n', name(host), 'addr', 'add', cidr, 'dev', device, ...nodad);
    }
  };

  const down = (): void => {
    for (const child of children) child.kill('SIGKILL');
    for (const host of hosts) {
      try {
        // Daemons too: a process would keep its namespace alive. All of them were started by this laboratory.
        for (const pid of ip('netns', 'pids', name(host)).split('\n')) if (pid) end(Number(pid));
        ip('netns', 'del', name(host));
      } catch {
        // Already gone: this is called after half-built laboratories too.
      }
    }
  };

  try {
    for (const host of hosts) {
      ip('netns', 'add', name(host));
      ip('-n', name(host), 'link', 'set', 'lo', 'up');
    }
    ip('-n', name('gateway'), 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'wlan0', 'netns', name('phone'));
    ip('-n', name('gateway'), 'link', 'add', 'wan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name('internet'));
    ip('-n', name('phone'), 'link', 'set', 'wlan0', 'address', '02:00:5e:10:00:01');
    for (const [host, device] of [
      ['phone', 'wlan0'],
      ['gateway', 'lan0'],
      ['gateway', 'wan0'],
      ['internet', 'eth0'],
    ] as const)
      ip('-n', name(host), 'link', 'set', device, 'up');
    address('phone', 'wlan0', '10.77.0.2/24', 'fd77::2/64');
    address('gateway', 'lan0', '10.77.0.1/24', 'fd77::1/64');
    address('gateway', 'wan0', '198.18.0.1/24', '2001:2::1/64');
    address('internet', 'eth0', '198.18.0.2/24', '2001:2::2/64');
    ip('-n', name('phone'), 'route', 'add', 'default', 'via', '10.77.0.1');
    ip('-n', name('phone'), '-6', 'route', 'add', 'default', 'via', 'fd77::1');
    ip('-n', name('gateway'), 'route', 'add', 'default', 'via', '198.18.0.2');
    ip('-n', name('gateway'), '-6', 'route', 'add', 'default', 'via', '2001:2::2');
    // Replies of the internet host go back through the gateway, whatever the phone's address.
    ip('-n', name('internet'), 'route', 'add', '10.77.0.0/24', 'via', '198.18.0.1');
    ip('-n', name('internet'), '-6', 'route', 'add', 'fd77::/64', 'via', '2001:2::1');
  } catch (error) {
    down();
    throw error;
  }

  return {
    name,
    run,
    spawn(host, command) {
      const done = spawnSync('ip', ['netns', 'exec', name(host), ...command], {
        encoding: 'utf8',
        env,
        timeout: 150_000,
      });
      return { code: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
    },
    start(host, command, options = {}) {
      const child = spawn('ip', ['netns', 'exec', name(host), ...command], { stdio: 'pipe', env, ...options });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    addServerAddress(server) {
      address('internet', 'lo', server.includes(':') ? `${server}/128` : `${server}/32`);
    },
    down,
  };
}
