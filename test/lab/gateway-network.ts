/** A gateway host on which `phonehome gateway …` is run as root, with a data directory of its own; no lab runs there. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runDirectory } from '../../src/gateway/state.ts';
import { createLabNetwork, type LabNetwork } from './network.ts';
import { labDirectory } from './traces.ts';

export const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');

export interface GatewayNetwork {
  net: LabNetwork;
  dataDir: string;
  /** Lines below `lan` and `uplink` in gateway.yaml. */
  configure(more: string): void;
  gateway(...args: string[]): { code: number; stdout: string; stderr: string };
  /** All of the host's rules. */
  rules(): string;
  lanAddresses(): string;
  /** Some of the kernel settings that `up` changes. */
  settings(): string;
  end(): void;
}

const SETTINGS = [
  'net.ipv4.ip_forward',
  'net.ipv6.conf.all.forwarding',
  'net.ipv4.ip_local_port_range',
  'net.ipv6.conf.wan0.accept_ra',
  'net.ipv6.conf.lan0.keep_addr_on_down',
];

export function layNetwork(): GatewayNetwork {
  const net = createLabNetwork();
  const dataDir = labDirectory();
  const configure = (more: string): void =>
    writeFileSync(path.join(dataDir, 'gateway.yaml'), `lan: lan0\nuplink: wan0\n${more}`);
  configure('dhcp: false\n');
  return {
    net,
    dataDir,
    configure,
    gateway: (...args) => net.spawn('gateway', [process.execPath, BIN, 'gateway', ...args, '--data', dataDir]),
    rules: () => net.spawn('gateway', ['nft', 'list', 'ruleset']).stdout,
    lanAddresses: () => net.run('gateway', ['ip', '-o', 'addr', 'show', 'dev', 'lan0', 'scope', 'global']),
    settings: () => net.run('gateway', ['sysctl', ...SETTINGS]),
    end() {
      net.down();
      rmSync(runDirectory(dataDir), { recursive: true, force: true });
      rmSync(dataDir, { recursive: true });
    },
  };
}
