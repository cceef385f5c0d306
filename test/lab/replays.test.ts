/**
 * Every reported case and its twin, played by a phone that only joined the network: vendors listen on the addresses the
 * cases name, nothing is mapped or simulated. The alerts must be the very ones the proxy gives, and say where it went. What
 * dumpcap recorded of it meanwhile, cut out with its TLS keys and scanned, must give the same findings.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { type Device, REPLAY_PREFIX } from '../../src/model/device.ts';
import type { ReplayOutcome } from '../../src/model/lab.ts';
import type { ReplayCase } from '../../src/replay/case.ts';
import { compare } from '../../src/replay/expectation-check.ts';
import { replays } from '../../src/replay/registry.ts';
import { describeWith, NETWORK, requireTool } from '../clients/tools.ts';
import { differences, essence, KNOWN_TO_THE_LAB_ALONE, scanCases, seenIn } from '../e2e/case-findings.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');

/** One phone per case: each has an address of its own. */
const addressOf = (name: string): string => `10.77.0.${10 + replays.findIndex((replay) => replay.name === name)}`;

function deviceEntry(device: Device, dataDir: string): object {
  const { canaries, identifiers } = device;
  const gallery = path.join(dataDir, 'photos', device.id);
  mkdirSync(gallery, { recursive: true });
  const photos = canaries.photos.map(({ name, bytes }) => {
    const file = path.join(gallery, name);
    writeFileSync(file, bytes);
    return file;
  });
  const id = device.id.slice(REPLAY_PREFIX.length);
  return { id, model: device.model, match: { ip: addressOf(id) }, identifiers, canaries: { ...canaries, photos } };
}

/** Who opened each TCP connection of a capture, by tshark's number of it, and how many were ended. */
function connectionsIn(file: string): { phones: Map<number, string>; ended: number } {
  const fields = ['tcp.stream', 'tcp.flags.syn', 'ip.src'].flatMap((name) => ['-e', name]);
  const wanted = ['-Y', '(tcp.flags.syn == 1 && tcp.flags.ack == 0) || tcp.flags.fin == 1 || tcp.flags.reset == 1'];
  const args = ['-n', '-r', file, ...wanted, '-T', 'fields', ...fields];
  const told = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const phones = new Map<number, string>();
  const ended = new Set<number>();
  for (const line of told.trim().split('\n')) {
    const [stream, isOpening, from = ''] = line.split('\t');
    if (/^(1|true)$/i.test(isOpening ?? '')) phones.set(Number(stream), from);
    else ended.add(Number(stream));
  }
  return { phones, ended: ended.size };
}

interface Played {
  alerts: Alert[];
  outcome: ReplayOutcome | undefined;
}

/** A child that answers lines with lines. */
function talker(child: ChildProcess): { say: (line: string) => void; next: () => Promise<Record<string, unknown>> } {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return {
    say: (line) => void child.stdin?.write(`${line}\n`),
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error('it ended');
      return JSON.parse(value);
    },
  };
}

describeWith([...NETWORK, 'curl'], 'reported cases without a proxy setting', () => {
  let lab: GatewayLab;
  let vendors: ReturnType<typeof talker>;
  let phone: ReturnType<typeof talker>;
  /** Test run of everybody, beside those of single phones. */
  let whole = '';
  let requests = 0;
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [...new Set(replays.flatMap((replay) => replay.vendors.map(({ address }) => address)))],
      servers: (net) => {
        const child = net.start('internet', [process.execPath, path.join(import.meta.dirname, 'vendors.ts')]);
        vendors = talker(child);
        return vendors.next().then(({ caPem }) => String(caPem));
      },
      devices: (dataDir) => JSON.stringify({ devices: replays.map((replay) => deviceEntry(replay.device(), dataDir)) }),
      args: ['--capture', '--capture-size', '50'],
      prepare: (net) => {
        for (const { name } of replays)
          net.run('phone', ['ip', 'addr', 'add', `${addressOf(name)}/24`, 'dev', 'wlan0']);
      },
    });
    whole = (lab.api('POST', '/api/cases', { title: 'everything' }) as { id: string }).id;
    const script = path.join(import.meta.dirname, 'replay-phone.ts');
    phone = talker(lab.net.start('phone', [process.execPath, script, lab.ready.ca.pem, lab.dataDir]));
  });
  afterAll(() => lab?.end());

  const played = new Map<string, Promise<Played>>();
  /** Once, whichever test asks first; one after the other. */
  const play = (replay: ReplayCase): Promise<Played> => {
    const before = [...played.values()].at(-1);
    const now = played.get(replay.name) ?? Promise.resolve(before).then(() => playNow(replay));
    played.set(replay.name, now);
    return now;
  };

  async function playNow(replay: ReplayCase): Promise<Played> {
    const { name, title, label } = replay;
    const opened = lab.api('POST', '/api/cases', { title, deviceId: name, label }) as { id: string };
    vendors.say(name);
    await vendors.next();
    phone.say(JSON.stringify({ case: name, from: addressOf(name) }));
    let told = await phone.next();
    for (; told.phase; told = await phone.next()) {
      lab.api('POST', `/api/cases/${opened.id}/marks`, { phase: told.phase });
      phone.say('go on');
    }
    requests += Number(told.sent);
    vendors.say('none');
    expect((await vendors.next()).receivedBefore).toBe(told.sent);
    await eventually('every connection to be looked at', () => /^phonehome_open_flows 0$/m.test(lab.metrics()));
    lab.api('PATCH', `/api/cases/${opened.id}`, { closed: true });

    const judged = () => {
      const alerts = lab.alerts().filter((alert) => alert.device.id === name);
      // `compare` asks for the mark and the name that replays through the proxy carry; here they must be absent.
      expect(alerts.filter((alert) => alert.simulated)).toEqual([]);
      return {
        alerts,
        outcome: compare(
          [replay],
          alerts.map((alert) => ({ ...alert, simulated: true, device: { ...alert.device, id: REPLAY_PREFIX + name } })),
        )[0],
      };
    };
    await eventually(`the alerts of ${name}`, () => judged().outcome?.ok, 5000).catch(() => undefined);
    return judged();
  }

  it.each(replays.map((replay) => [replay.name, replay] as const))('%s', async (_name, replay) => {
    const { alerts, outcome } = await play(replay);
    expect(outcome).toMatchObject({ ok: true });
    for (const { destination } of alerts) {
      const receiver = replay.vendors.find(({ host }) => host === destination?.host);
      expect(destination).toMatchObject({ ip: receiver?.address, port: receiver?.port });
      // China Telecom and Beijing's 42.62/16: where the reports say it went.
      if (/^(42\.62|119\.147)\./.test(destination?.ip ?? '')) expect(destination?.location.country).toBe('CN');
    }
  });

  it('give the same findings as the lab’s own capture of all of them', async (context) => {
    for (const tool of ['dumpcap', 'editcap', 'mergecap', 'tshark'] as const) requireTool(context, tool);
    for (const replay of replays) await play(replay);
    const file = path.join(lab.dataDir, 'cases.pcapng');
    const connections = await vi.waitFor(
      () => {
        const args = ['case', 'capture', file, whole, '--data', lab.dataDir];
        const cut = lab.net.spawn('gateway', [process.execPath, BIN, ...args]);
        expect(cut.stderr).toBe('');
        const { phones, ended } = connectionsIn(file);
        // A request is a connection.
        expect(ended).toBe(requests);
        return phones;
      },
      { timeout: 90_000, interval: 1000 },
    );
    const nameAt = new Map(replays.map(({ name }) => [addressOf(name), name]));
    const cases = replays.map((replay) => ({ name: replay.name, device: replay.device() }));
    const { found, summary } = await scanCases(lab.dataDir, file, cases, (entry) =>
      nameAt.get(connections.get(entry) ?? ''),
    );
    expect(summary).toMatchObject({ entries: requests, skipped: [], skippedEntries: 0, partiallyScanned: {} });
    // A lab prints an alert when the disk has it.
    await expect
      .poll(
        () =>
          differences(
            seenIn(lab.alerts(), ({ device }) => device.id),
            found,
          ),
        { timeout: 30_000 },
      )
      .toEqual(KNOWN_TO_THE_LAB_ALONE);
    expect(new Set(found.map(essence)).size).toBeGreaterThan(40);
  }, 300_000);
});
