/** Everything `up` would load, write and run, as text: to be read before it is trusted. Needs no root and no interfaces. */
import { join } from 'node:path';
import type { GatewayFile } from '../model/gateway.ts';
import { type GatewayConfig, hostOf, isTunnelOnly, phoneSides } from './config.ts';
import { DAEMONS, dhcpLog, dnsmasqPaths } from './daemons.ts';
import type { Machine } from './machine.ts';
import { ruleset, TPROXY_MARK, TPROXY_TABLE } from './ruleset.ts';
import { dhcpScript, sysctls } from './service-files.ts';
import { gatewayId, statePath } from './state.ts';
import { peersPath, readPeers, serverConf } from './tunnel-peers.ts';

export interface PrintOptions {
  config: GatewayConfig;
  dataDir: string;
  runDir: string;
  machine: Pick<Machine, 'read'>;
  reveal: boolean;
}

const HIDDEN = '(hidden: --reveal shows it)';

export function printGateway({ config, dataDir, runDir, machine, reveal }: PrintOptions): GatewayFile[] {
  const files: GatewayFile[] = [
    {
      name: 'nftables',
      purpose: 'Loaded with "nft -f -" in one transaction; "gateway down" deletes the table.',
      text: ruleset(config, gatewayId(dataDir)),
    },
    { name: 'commands', purpose: 'Run in this order; what is there already is left alone.', text: commands(config) },
    {
      name: 'sysctl',
      purpose: `Kernel settings; the values before are kept in ${statePath(dataDir)} and restored by "gateway down".`,
      text: sysctls(config)
        .map(({ name, value, why }) => `${name} = ${value}  # ${why}\n`)
        .join(''),
    },
  ];
  for (const daemon of DAEMONS) {
    const text = daemon.conf({ config, runDir });
    if (text !== null)
      files.push({
        name: join(runDir, `${daemon.name}.conf`),
        purpose: `${daemon.name}: ${daemon.does}.`,
        text: reveal ? text : text.replace(/^(wpa_passphrase=).*$/m, `$1${HIDDEN}`),
      });
  }
  if (config.dhcp)
    files.push({
      name: dnsmasqPaths(runDir).script,
      purpose: 'Run by dnsmasq for every address it gives.',
      text: dhcpScript(dhcpLog(runDir)),
    });
  if (config.wireguard && machine.read(peersPath(dataDir)) !== null) {
    const text = serverConf(readPeers(machine, dataDir), config.wireguard);
    files.push({
      name: `${config.wireguard.interface}`,
      purpose: 'The tunnel, loaded with "wg syncconf".',
      text: reveal ? text : text.replace(/^((?:Private|Preshared)Key = ).*$/gm, `$1${HIDDEN}`),
    });
  }
  return files;
}

function commands(config: GatewayConfig): string {
  const lines: string[] = [];
  if (config.mode === 'tproxy')
    for (const family of ['-4', '-6'])
      lines.push(
        `ip ${family} rule add fwmark ${TPROXY_MARK} lookup ${TPROXY_TABLE}`,
        `ip ${family} route replace local default dev lo table ${TPROXY_TABLE}`,
      );
  if (config.wireguard)
    lines.push(
      `ip link add ${config.wireguard.interface} type wireguard  # or: wireguard-go ${config.wireguard.interface}`,
    );
  for (const side of phoneSides(config)) {
    const device = `dev ${side.interface}`;
    lines.push(`ip link set ${side.interface} up`);
    if (side.interface !== config.wireguard?.interface)
      lines.push(`ip neigh replace ${hostOf(side.address)} ${device} use  # asks whether another machine has it`);
    if (side.address6) lines.push(`ip addr add ${side.address6} ${device}`);
    lines.push(`ip addr add ${side.address} ${device}`);
  }
  if (config.accessPoint) lines.push('hostapd -B -P hostapd.pid hostapd.conf');
  if (config.dhcp && !isTunnelOnly(config)) lines.push('dnsmasq --conf-file=dnsmasq.conf');
  return `${lines.join('\n')}\n`;
}
