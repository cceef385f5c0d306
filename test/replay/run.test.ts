/** What holds for every replay, whatever its case. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nokia7Plus } from '../../src/replay/cases/nokia-7-plus.ts';
import { LAB } from '../../src/replay/lab-device.ts';
import { replays } from '../../src/replay/registry.ts';
import { formatStep, runReplay } from '../../src/replay/run.ts';
import { xiaomiToken } from '../../src/replay/xiaomi-token.ts';
import { type StandInLab, startStandInLab } from './stand-in-lab.ts';

let dataDir: string;
let lab: StandInLab;
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'replay-'));
  lab = await startStandInLab(dataDir);
});
afterAll(async () => {
  await lab.stop();
  await rm(dataDir, { recursive: true });
});
afterEach(() => {
  for (const list of [lab.steps, lab.phases, lab.names]) list.length = 0;
});

const secrets = [
  LAB.imei,
  LAB.imsi,
  LAB.iccid,
  LAB.serial,
  LAB.mac,
  LAB.phoneNumber.slice(1),
  LAB.message,
  LAB.contact.phone.slice(1),
  xiaomiToken(LAB.imei),
  xiaomiToken(LAB.imsi),
];

it('the registry names every case once, and every case has its fixed twin', () => {
  const names = replays.map((replay) => replay.name);
  expect(new Set(names).size).toBe(names.length);
  const originals = names.filter((name) => !/-(fixed|benign)$/.test(name));
  for (const name of originals) expect(names).toContain(`${name}-fixed`);
});

describe.each(replays.map((replay) => [replay.name, replay] as const))('%s', (_, replay) => {
  it('reaches its vendors, opens its phases in order, names its phone, and leaves nothing behind', async () => {
    const { received } = await runReplay(replay, lab);
    expect(received.length).toBeGreaterThan(0);
    expect(received.every((request) => request.headers.every(([name]) => !/^proxy-/i.test(name)))).toBe(true);
    expect(lab.phases).toEqual(replay.phases);
    expect(new Set(lab.names)).toEqual(new Set([`replay.${replay.name}`]));
    expect([lab.devices, lab.upstream, lab.vendorCas]).toEqual([[], [], []]);
    // What a person reads meanwhile: marks and label, never an identifier.
    const lines = lab.steps.map(formatStep);
    for (const line of lines) for (const secret of secrets) expect(line).not.toContain(secret);
    expect(lab.steps.slice(1).every((step) => step.mark !== null)).toBe(true);
    if (replay.label) {
      expect(lines.filter((line) => line.includes('→')).every((line) => line.includes(`(${replay.label})`))).toBe(true);
    }
  });

  it('registers lab values only, under its own name, and marks every field', () => {
    const device = replay.device();
    expect(device.id).toBe(`replay.${replay.name}`);
    expect(device.identifiers.imei).toEqual([LAB.imei]);
    expect(replay.fields.length).toBeGreaterThan(0);
    expect(replay.fields.every((field) => field.note.length > 0)).toBe(true);
    expect(replay.vendors.every((vendor) => /^\d+(\.\d+){3}$/.test(vendor.address))).toBe(true);
  });
});

describe('a lab that fails', () => {
  it('is refused by a phone that does not trust its certificate', async () => {
    const stranger = await startStandInLab(dataDir);
    const tls = replays.find((replay) => replay.name === 'redmi-note-photos-fixed');
    await expect(runReplay(tls!, { ...lab, caPem: stranger.caPem })).rejects.toThrow(
      /did not arrive: .*(signature|self-signed|unable to verify)/,
    );
    await stranger.stop();
  });

  it('ends the replay with one line that names case, request and reason, and without leftovers', async () => {
    const broken = await startStandInLab(dataDir);
    broken.break();
    await expect(runReplay(nokia7Plus, broken)).rejects.toThrow(
      "nokia-7-plus: POST http://zzhc.vnet.cn/ did not arrive: the lab answered 502 in the vendor's place: no way to zzhc.vnet.cn:80",
    );
    expect([broken.devices, broken.upstream, broken.vendorCas]).toEqual([[], [], []]);
    await broken.stop();
    await expect(runReplay(nokia7Plus, broken)).rejects.toThrow(
      /^nokia-7-plus: POST .* did not arrive: .*ECONNREFUSED/,
    );
  });
});
