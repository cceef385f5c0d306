/**
 * dnsmasq (addresses for phones) and hostapd (the access point), run as daemons of this gateway.
 * Promise: only a process that was started with this gateway's own file is ever ended, whatever a pid file says.
 */
import { join } from 'node:path';
import type { GatewayCheck } from '../model/gateway.ts';
import { type Text, text } from '../model/text.ts';
import type { Machine } from './machine.ts';
import { type Dependencies, fail, must, ok, type Part, run } from './part.ts';
import { checkPool } from './pool.ts';
import { type DnsmasqPaths, dhcpScript, dnsmasqConf, hostapdConf } from './service-files.ts';

interface Daemon {
  name: string;
  /** Shown when it is missing. */
  install: Text;
  /** Null: not wanted by this configuration. */
  conf(dependencies: Pick<Dependencies, 'config' | 'runDir'>): string | null;
  args(conf: string, pidFile: string): string[];
  /** Its file holds a passphrase. */
  mode: number;
  does: Text;
}

export const dnsmasqPaths = (runDir: string): DnsmasqPaths => ({
  leases: join(runDir, 'leases'),
  pid: join(runDir, 'dnsmasq.pid'),
  script: join(runDir, 'dhcp-script'),
});
/** Who has which address until when: dnsmasq's own list. */
export const leasesFile = (runDir: string): string => dnsmasqPaths(runDir).leases;
/** Where the script of `dhcpScript` writes. */
export const dhcpLog = (runDir: string): string => join(runDir, 'dhcp-log');

export const DAEMONS: Daemon[] = [
  {
    name: 'hostapd',
    install: run('apt install hostapd'),
    conf: ({ config }) => hostapdConf(config),
    args: (conf, pidFile) => ['-B', '-P', pidFile, conf],
    mode: 0o600,
    does: text('gateway.access-point'),
  },
  {
    name: 'dnsmasq',
    install: text('gateway.no-dnsmasq.do'),
    conf: ({ config, runDir }) => (config.dhcp ? dnsmasqConf(config, dnsmasqPaths(runDir)) : null),
    args: (conf) => [`--conf-file=${conf}`],
    mode: 0o644,
    does: text('gateway.addresses'),
  },
];

export const daemons: Part = {
  up(dependencies) {
    const { machine, runDir, tell } = dependencies;
    machine.write(dnsmasqPaths(runDir).script, dhcpScript(dhcpLog(runDir)), 0o755);
    for (const daemon of DAEMONS) {
      const wanted = daemon.conf(dependencies);
      const file = confFile(runDir, daemon);
      const running = pidOf(machine, runDir, daemon);
      if (running !== null && machine.read(file) === wanted) continue;
      if (running !== null) end(machine, running);
      if (wanted === null) continue;
      machine.write(file, wanted, daemon.mode);
      must(
        machine.run(daemon.name, daemon.args(file, pidFile(runDir, daemon))),
        text('gateway.cannot.start', { name: daemon.name }),
      );
      tell(text('gateway.step.daemon', { name: daemon.name, does: daemon.does }));
    }
  },
  down({ machine, runDir, tell }) {
    for (const daemon of DAEMONS.toReversed()) {
      const running = pidOf(machine, runDir, daemon);
      if (running === null) continue;
      const { name } = daemon;
      tell(end(machine, running) ? text('gateway.step.ended', { name }) : text('gateway.step.not-ended', { name }));
    }
  },
  check(dependencies) {
    return DAEMONS.flatMap((daemon): GatewayCheck[] => {
      if (daemon.conf(dependencies) === null) return [];
      const { machine, runDir } = dependencies;
      if (!machine.tool(daemon.name)) return [fail(daemon.name, text('gateway.not-installed'), daemon.install)];
      if (pidOf(machine, runDir, daemon) === null)
        return [fail(daemon.name, text('gateway.not-running'), text('gateway.not-running.do'))];
      return [ok(daemon.name, daemon.does)];
    }).concat(
      checkPool(
        dependencies.config,
        dependencies.machine.read(dnsmasqPaths(dependencies.runDir).leases),
        dependencies.now(),
      ),
    );
  },
};

const confFile = (runDir: string, { name }: Daemon): string => join(runDir, `${name}.conf`);
const pidFile = (runDir: string, { name }: Daemon): string => join(runDir, `${name}.pid`);

/** Null unless the process was started with our file: a pid may be anybody's by now. */
function pidOf(machine: Machine, runDir: string, daemon: Daemon): number | null {
  const pid = Number(machine.read(pidFile(runDir, daemon))?.trim());
  if (!Number.isInteger(pid) || pid <= 1) return null;
  const words = machine.read(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  return words.some((word) => word.endsWith(confFile(runDir, daemon))) ? pid : null;
}

const END_WAIT_MS = 50;
const END_TRIES = 60;

/** Waits until it is gone: its successor needs the same port. */
function end(machine: Machine, pid: number): boolean {
  machine.signal(pid, 'SIGTERM');
  for (let tries = 0; tries < END_TRIES; tries++) {
    // A process nobody waits for stays in the table as a zombie; its command line is empty then.
    if (!machine.signal(pid, 0) || !machine.read(`/proc/${pid}/cmdline`)) return true;
    machine.wait(END_WAIT_MS);
  }
  return machine.signal(pid, 'SIGKILL');
}
