/**
 * Every reported case and its twin, played by a phone that only joined the network: vendors listen on the addresses the
 * cases name, nothing is mapped or simulated. The alerts must be the very ones the proxy gives, and say where it went.
 */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Device, REPLAY_PREFIX } from '../../src/model/device.ts';
import { compare } from '../../src/replay/expectation-check.ts';
import { replays } from '../../src/replay/registry.ts';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type GatewayLab, startGatewayLab } from './gateway-lab.ts';

/** One phone per case: each has an address of its own. */
const addressOf = (name: string): string => `10.77.0.${10 + replays.findIndex((replay) => replay.name === name)}`;

function deviceEntry(device: Device, dataDir: string): object {
  const { canaries, identifiers } = device;
  const photos = canaries.photos.map((photo, index) => {
    const file = path.join(dataDir, `${device.id}-${index}.jpg`);
    writeFileSync(file, photo.bytes);
    return file;
  });
  const id = device.id.slice(REPLAY_PREFIX.length);
  return { id, model: device.model, match: { ip: addressOf(id) }, identifiers, canaries: { ...canaries, photos } };
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
  beforeAll(async () => {
    lab = await startGatewayLab({
      addresses: [...new Set(replays.flatMap((replay) => replay.vendors.map(({ address }) => address)))],
      servers: (net) => {
        const child = net.start('internet', [process.execPath, path.join(import.meta.dirname, 'vendors.ts')]);
        vendors = talker(child);
        return vendors.next().then(({ caPem }) => String(caPem));
      },
      devices: (dataDir) => JSON.stringify({ devices: replays.map((replay) => deviceEntry(replay.device(), dataDir)) }),
      prepare: (net) => {
        for (const { name } of replays)
          net.run('phone', ['ip', 'addr', 'add', `${addressOf(name)}/24`, 'dev', 'wlan0']);
      },
    });
    const script = path.join(import.meta.dirname, 'replay-phone.ts');
    phone = talker(lab.net.start('phone', [process.execPath, script, lab.ready.ca.pem, lab.dataDir]));
  });
  afterAll(() => lab?.end());

  it.each(replays.map((replay) => [replay.name, replay] as const))('%s', async (name, replay) => {
    const { title, label, vendors: receivers } = replay;
    const opened = lab.api('POST', '/api/cases', { title, deviceId: name, label }) as { id: string };
    vendors.say(name);
    await vendors.next();
    phone.say(JSON.stringify({ case: name, from: addressOf(name) }));
    let told = await phone.next();
    for (; told.phase; told = await phone.next()) {
      lab.api('POST', `/api/cases/${opened.id}/marks`, { phase: told.phase });
      phone.say('go on');
    }
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
    const { alerts, outcome } = judged();
    expect(outcome).toMatchObject({ ok: true });
    for (const { destination } of alerts) {
      const receiver = receivers.find(({ host }) => host === destination?.host);
      expect(destination).toMatchObject({ ip: receiver?.address, port: receiver?.port });
      // China Telecom and Beijing's 42.62/16: where the reports say it went.
      if (/^(42\.62|119\.147)\./.test(destination?.ip ?? '')) expect(destination?.location.country).toBe('CN');
    }
  });
});
