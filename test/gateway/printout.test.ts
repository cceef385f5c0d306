/** docs/gateway.md reviews `gateway print` line by line: neither has a line that the other has not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import { printGateway } from '../../src/gateway/printout.ts';
import { gatewayId, runDirectory } from '../../src/gateway/state.ts';

const DOC = readFileSync(join(import.meta.dirname, '../../docs/gateway.md'), 'utf8');
const ACCESS_POINT =
  'lan: wlan0\nuplink: eth0\nssid: Phone lab\npassphrase: correct horse 17\ncountry: VN\nchannel: 36\n';
const dataDir = '/tmp/data';
const print = (config: string) =>
  printGateway({
    config: parseGatewayConfig(config, 'test'),
    dataDir,
    runDir: runDirectory(dataDir),
    machine: { read: () => null },
    reveal: false,
  });
const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

describe('gateway print and its review in docs/gateway.md', () => {
  it('have the same lines in the same order', () => {
    const [, section = ''] = /^## `gateway print`, line by line$([\s\S]*?)^## /m.exec(DOC) ?? [];
    const reviewed = [...section.matchAll(/^```\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => lines(block));
    const printed = print(ACCESS_POINT).flatMap(({ text }) => lines(text.replaceAll(gatewayId(dataDir), '…')));
    expect(reviewed).toEqual(printed);
  });

  it('say the ways that differ: a tunnel asks nobody for its address, tproxy has a chain of its own', () => {
    const commands = (config: string): string => print(config).find(({ name }) => name === 'commands')?.text ?? '';
    const tunnel = commands('uplink: eth0\nwireguard: { endpoint: a.example }\n');
    expect(tunnel).toContain('ip link add phonehome0 type wireguard');
    expect(tunnel).not.toContain('neigh');
    const tproxy = 'lan: wlan0\nuplink: eth0\nmode: tproxy\n';
    expect(commands(tproxy)).toMatch(/^ip -4 rule add fwmark/m);
    expect(print(tproxy)[0]?.text).toContain('chain phones_tcp {');
    expect(DOC).toContain('`phones_tcp`');
  });
});
