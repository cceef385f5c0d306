/**
 * No command has a network of its own either: demo, scan, geo, doctor and what is asked of a data directory run on a machine that
 * has a way out for every packet, and all of them are recorded. What leaves the machine is told by its bytes.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, toolPath } from '../clients/tools.ts';
import { harEntry, writeHar } from '../scan/recording.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
const MARK = 'the last packet';
/** Where nobody of the test lives. */
const ELSEWHERE = '203.0.113.9';

/** A neighbour that answers nothing and is never asked who it is: whatever is sent goes out. Every packet is recorded. */
const MACHINE = `
ip link set lo up
ip link add out type veth peer name far
ip link set out up; ip link set far up
ip addr add 10.99.0.2/24 dev out; ip -6 addr add fd99::2/64 dev out nodad
ip neigh add 10.99.0.1 lladdr 02:00:5e:10:00:09 nud permanent dev out
ip -6 neigh add fd99::1 lladdr 02:00:5e:10:00:09 nud permanent dev out
ip route add default via 10.99.0.1; ip -6 route add default via fd99::1
tcpdump -i any -U --immediate-mode -n -Z root -w all.pcap 2>tcpdump.txt &
recording=$!
# Its file is whole after every packet; a signal that it obeys waits for another one.
trap 'kill -KILL $recording' EXIT
until grep -q 'listening on' tcpdump.txt; do sleep 0.1; done
"$@"
until grep -q '${MARK}' all.pcap; do sleep 0.1; done`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'no-network-'));
  writeHar(path.join(directory, 'traffic.har'), [harEntry()]);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What was recorded while this script ran, and what each command of it ended with. */
function recorded(script: string): { lines: string[]; codes: string[] } {
  const send = `const s = require('node:dgram').createSocket('udp4'); s.send('${MARK}', 9, '${ELSEWHERE}', () => s.close())`;
  writeFileSync(
    path.join(directory, 'script.sh'),
    `phonehome() { "$NODE" "$BIN" "$@" >>said.txt 2>&1; echo "$1 $?" >>codes.txt; }\n: >codes.txt\n${script}\n"$NODE" -e "${send}"\n`,
  );
  const ran = spawnSync('unshare', ['--net', 'sh', '-ec', MACHINE, 'sh', 'sh', 'script.sh'], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, BIN },
  });
  expect(ran.status, ran.stderr).toBe(0);
  const read = spawnSync(toolPath('tcpdump'), ['-nn', '-t', '-r', 'all.pcap'], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return {
    lines: read.stdout.split('\n').filter(Boolean),
    codes: readFileSync(path.join(directory, 'codes.txt'), 'utf8').split('\n').filter(Boolean),
  };
}

/** How kernels find each other: neighbours, routers, groups. */
const isOfTheKernel = (line: string): boolean =>
  / ARP, /.test(line) || /ICMP6, (neighbor|router) |multicast listener report/.test(line);
const leftTheMachine = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith('lo ') && !isOfTheKernel(line));

describeWith(['root', 'namespaces', 'unshare', 'ip', 'tcpdump'], 'a machine with a way out', () => {
  it('records what leaves it: a look-up, an answer nobody gives', () => {
    const { lines } = recorded(
      `"$NODE" -e "new (require('node:dns').Resolver)({ timeout: 100, tries: 1 }).resolve4('x.example', () => {})" || true`,
    );
    expect(leftTheMachine(lines).some((line) => line.includes(`> ${ELSEWHERE}.9: UDP`))).toBe(true);
    expect(lines.some((line) => /[ .]53: /.test(line))).toBe(true);
  });

  it('sends nothing for demo, scan, geo, doctor, devices, plans and verify', () => {
    const { lines, codes } = recorded(`
phonehome demo --once --data demo --proxy-port 0 --ui-port 0
phonehome scan traffic.har
phonehome geo show --data demo
phonehome device list --data demo
phonehome case list --data demo
phonehome plan list
phonehome verify --data demo
phonehome doctor --data demo`);
    expect(codes.slice(0, -1)).toEqual(
      ['demo', 'scan', 'geo', 'device', 'case', 'plan', 'verify'].map((one) => `${one} 0`),
    );
    expect(leftTheMachine(lines).filter((line) => !line.includes(`> ${ELSEWHERE}.9: UDP`))).toEqual([]);
    // Nor to a resolver of this machine.
    expect(lines.filter((line) => / [A-Z]+\? /.test(line))).toEqual([]);
    // The demo's own phones and vendors did talk.
    expect(lines.filter((line) => line.startsWith('lo ')).length).toBeGreaterThan(100);
  });
});
