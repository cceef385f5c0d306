import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src/hub/message.ts';
import { labAlert, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';
import { openStoredLab } from './stored-lab.ts';

const textOf = (messages: { bytes: Uint8Array }[]): string =>
  messages.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n');

describe('what a lab publishes', () => {
  it('names no phone, no address of one and not even the mask of a value', () => {
    const lab = openStoredLab({ organisation: 'alpha', lab: 'hanoi' });
    lab.store.putAlert(labRecord(1));
    lab.store.putFlows([labFlowRecord('f1', 1000)]);
    const text = textOf(lab.messages());
    lab.close();
    expect(text).toContain('China Telecom');
    for (const secret of ['nokia-7-plus-01', '10.77.0.2', '490154', 'zzhc.vnet.cn/"'])
      expect(text).not.toContain(secret);
  });

  it('calls a phone the same in every lab of one organisation, and another in another one', () => {
    const units = [1, 1, 2].map((fill) => {
      const lab = openStoredLab({ organisation: 'alpha', lab: 'hanoi' }, { key: Buffer.alloc(32, fill) });
      lab.store.putAlert(labRecord(1));
      const unit = /"unit":"([0-9a-f]{24})"/.exec(textOf(lab.messages()))?.[1];
      lab.close();
      return unit;
    });
    expect(units[0]).toBeDefined();
    expect(units[0]).toBe(units[1]);
    expect(units[0]).not.toBe(units[2]);
  });

  it('names phones and masks where the hub may see them', () => {
    const lab = openStoredLab({ organisation: 'alpha', lab: 'hanoi' }, { isClear: true });
    lab.store.putAlert(labRecord(1));
    const text = textOf(lab.messages());
    lab.close();
    for (const name of ['nokia-7-plus-01', '490154*******18']) expect(text).toContain(name);
    expect(text).not.toContain('490154203237518');
  });

  it('covers every record of the chain, also of rows that a newer version took the place of', () => {
    const lab = openStoredLab({ organisation: 'alpha', lab: 'hanoi' });
    lab.store.putAlert(labRecord(1));
    lab.store.putAlert({ alert: { ...labAlert(1), seq: 2, count: 2 }, secret: null });
    const runs = lab.messages().map((message) => {
      const read = readMessage(message);
      if (!read.ok || read.told.heartbeat) throw new Error('not understood');
      return read.told.run;
    });
    expect(runs[0]?.first).toBe(1);
    expect(runs.at(-1)?.last).toBe(lab.reader.head());
    for (const [index, run] of runs.slice(1).entries()) {
      expect(run.first).toBe((runs[index]?.last ?? 0) + 1);
      expect(run.before).toBe(runs[index]?.hash);
    }
    lab.close();
  });

  it('leaves a content that the broker would not take in the shop, and publishes its place', () => {
    const lab = openStoredLab({ organisation: 'alpha', lab: 'hanoi' });
    lab.store.putFlows([labFlowRecord('f1', 1000, { app: 'x'.repeat(5000) })]);
    const messages = lab.messages(4000);
    lab.close();
    expect(messages.every(({ bytes }) => bytes.length <= 4000)).toBe(true);
    expect(messages.at(-1)?.subject).toBe('phonehome.alpha.hanoi.chain');
  });
});

describe('a message that is not believed', () => {
  const lab = openStoredLab({ organisation: 'alpha', lab: 'hanoi' });
  lab.store.putAlert(labRecord(1));
  const good = lab.messages().find(({ subject }) => subject.endsWith('.alert')) as {
    subject: string;
    bytes: Uint8Array;
    received: number;
  };
  lab.close();
  const changed = (change: (text: string) => string) => ({
    ...good,
    bytes: Buffer.from(change(Buffer.from(good.bytes).toString())),
  });

  it.each([
    ['as it was sent', good, 'taken'],
    ['on the subject of another lab', { ...good, subject: 'phonehome.alpha.saigon.alert' }, 'forged'],
    ['on the subject of another organisation', { ...good, subject: 'phonehome.beta.hanoi.alert' }, 'forged'],
    ['with another hash', changed((text) => text.replace(/"hash":"[0-9a-f]{4}/, '"hash":"0000')), 'forged'],
    ['of version 2', changed((text) => text.replace('phonehome.alert.v1', 'phonehome.alert.v2')), 'newer'],
    ['with a count that is none', changed((text) => text.replace('"count":1', '"count":-1')), 'unreadable'],
    ['cut off', changed((text) => text.slice(0, 100)), 'unreadable'],
    ['empty', changed(() => ''), 'unreadable'],
    ['null', changed(() => 'null'), 'forged'],
  ])('%s', (_, message, expected) => {
    const read = readMessage(message);
    expect(read.ok ? 'taken' : read.aside.why).toBe(expected);
  });
});
