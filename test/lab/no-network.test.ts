/**
 * The lab has no network of its own: no update check, no telemetry, no look-up. Every packet of its machine is recorded, from
 * before it starts until after it has stopped: each belongs to a phone or to the server that the phone asked for, or never left
 * the machine.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';
import type { LabNetwork } from './network.ts';
import { labDirectory } from './traces.ts';

const IMEI = '490154203237518';
const NAME = 'upload.example.com';
const SERVERS = ['42.62.48.10', '2400:da00::6666'];
const PHONE = ['10.77.0.2', 'fd77::2'];
/** Where nobody of the test lives: a packet to it stands for one of the lab's own. */
const ELSEWHERE = '203.0.113.9';
const MARK = 'the last packet';
const DEVICES = `devices:
  - id: phone-1
    model: Lab phone
    match: { ip: "10.77.0.2" }
    identifiers: { imei: "${IMEI}" }
`;
/** What happens every few seconds happens. */
const SECONDS = 10;

/** Everything the gateway host sends and receives, on all its interfaces; `end` gives one line of tcpdump's each. */
async function record(net: LabNetwork, file: string): Promise<{ end(): Promise<string[]> }> {
  const running: ChildProcess = net.start('gateway', [
    'tcpdump',
    '-i',
    'any',
    '-U',
    '--immediate-mode',
    '-n',
    '-Z',
    'root',
    '-w',
    file,
  ]);
  let said = '';
  running.stderr?.on('data', (part: Buffer) => {
    said += part.toString();
  });
  await eventually('the recording', () => said.includes('listening on'));
  return {
    async end() {
      const gone = once(running, 'exit');
      running.kill('SIGINT');
      await gone;
      return execFileSync('tcpdump', ['-nn', '-t', '-r', file], { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 27 })
        .split('\n')
        .filter((line) => line !== '');
    },
  };
}

const PACKET = /^(\w+) +(?:In|Out|B|M|P) +(?:IP6?) (?:\(.*?\) )?(\S+) > (\S+?):? /;
/** `10.77.0.1.8081`, `fd77::1.443`: without the port. */
const addressOf = (end: string): string =>
  end.includes(':') ? end.replace(/\.\d+$/, '') : end.split('.').slice(0, 4).join('.');

/** How kernels find each other: ARP, neighbours, routers, groups. */
const isOfTheKernel = (line: string): boolean =>
  /^\w+ +\w+ +ARP,/.test(line) || /ICMP6, (neighbor|router) |multicast listener report/.test(line);

/** What cannot be read is told too. */
function belongs(line: string): boolean {
  if (isOfTheKernel(line)) return true;
  const [, device, from = '', to = ''] = PACKET.exec(line) ?? [];
  // tcpdump shows names of interfaces by their number where it reads: lo is the first everywhere, others may be called otherwise.
  return device === 'lo' || [from, to].map(addressOf).some((end) => PHONE.includes(end) || SERVERS.includes(end));
}

describeWith([...NETWORK, 'curl', 'tcpdump'], 'a lab from start to stop', () => {
  let directory: string;
  let file: string;
  let lab: GatewayLab;
  let recording: Awaited<ReturnType<typeof record>>;
  beforeAll(async () => {
    directory = labDirectory();
    file = path.join(directory, 'all.pcap');
    lab = await startGatewayLab({
      addresses: SERVERS,
      devices: DEVICES,
      names: [NAME],
      up: false,
      // Where the name leads is given: whatever is looked up, the lab looks up for itself.
      args: ['--upstream-map', path.join(directory, 'map.json')],
      async prepare(net) {
        const [address] = SERVERS;
        const map = [80, 443].map((port) => ({ host: NAME, port, dial: `${address}:${port}`, address }));
        writeFileSync(path.join(directory, 'map.json'), JSON.stringify(map));
        recording = await record(net, file);
      },
    });
  });
  afterAll(async () => {
    await lab?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('sends nothing that no phone asked for, and looks up no name', async () => {
    const { proxy, ui } = lab.ready;
    const through = ['--noproxy', '', '-x', `http://10.77.0.1:${proxy.port}`];
    const uiPort = new URL(ui.url).port;
    expect(lab.curl(...through, `http://${NAME}/collect?imei=${IMEI}`)).toContain('/collect');
    expect(lab.curl(...through, `https://${NAME}/again?imei=${IMEI}`)).toContain('/again');
    expect(lab.curl(...through, `http://[${SERVERS[1]}]/six`)).toContain('/six');
    await lab.until('the leaks', (all) => all.filter(({ type }) => type === 'leak').length >= 2);
    expect(lab.curl(`http://10.77.0.1:${uiPort}/setup`)).toContain('<html');
    expect(lab.net.run('gateway', ['curl', '-sS', `http://127.0.0.1:${uiPort}/`])).toContain('<html');
    for (const asked of ['/api/alerts', '/api/flows', '/api/coverage', '/api/devices', '/api/devices/discovered'])
      expect(lab.api('GET', asked)).toBeTruthy();
    await sleep(SECONDS * 1000);
    process.kill(lab.pid, 'SIGTERM');
    await eventually('the lab to have stopped', () => !existsSync(path.join(lab.dataDir, 'lab.json')), 30_000);

    lab.net.run('gateway', [
      process.execPath,
      '-e',
      `const s = require('node:dgram').createSocket('udp4'); s.send('${MARK}', 9, '${ELSEWHERE}', () => s.close());`,
    ]);
    await eventually('the last packet in the recording', () => readFileSync(file).includes(MARK));
    const lines = await recording.end();
    const strangers = lines.filter((line) => !belongs(line));
    // The recording does hold what the lab's machine sends of its own accord.
    expect(strangers.some((line) => line.includes(`> ${ELSEWHERE}.9: UDP`))).toBe(true);
    expect(strangers.filter((line) => !line.includes(ELSEWHERE))).toEqual([]);
    expect(lines.filter((line) => / [A-Z]+\? /.test(line))).toEqual([]);
    for (const end of [PHONE[0], ...SERVERS, '127.0.0.1'])
      expect(lines.some((line) => line.includes(`${end}.`))).toBe(true);
  });
});
