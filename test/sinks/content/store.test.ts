import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ContentPiece, openContentReader, openContentStore } from '../../../src/sinks/content/store.ts';
import { openPhoneKeys } from '../../../src/sinks/evidence/phone-keys.ts';
import { chunk } from './events.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'content-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (): string => path.join(directory, 'content.db');
const keys = () => openPhoneKeys(path.join(directory, 'phones'), Buffer.alloc(32, 1));
const open = (maxBytes = 10_000_000, onDamaged?: (keptAs: string) => void) =>
  openContentStore({ file: file(), phoneKeys: keys(), maxBytes, ...(onDamaged ? { onDamaged } : {}) });

function piece(flowId: string, number: number, bytes: Buffer, device = 'phone-1'): ContentPiece {
  const event = chunk(flowId, bytes);
  return { flowId, number, device, time: 1000 + number, events: [{ event, bytes: [bytes], length: bytes.length }] };
}

describe('the store of content', () => {
  it('gives back what was put, in its order, to a reader beside it, too', () => {
    const store = open();
    expect(store.put([piece('f', 0, Buffer.from('one')), piece('g', 0, Buffer.from('x'))])).toEqual({ ok: true });
    store.put([piece('f', 1, Buffer.from('two'))]);
    const reader = openContentReader(file(), keys());
    for (const one of [store, reader])
      expect([...one.eventsOf('f')].map((event) => ('bytes' in event ? String(event.bytes) : ''))).toEqual([
        'one',
        'two',
      ]);
    reader.close();
    store.close();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('holds nothing of it in clear', () => {
    const store = open();
    store.put([piece('f', 0, Buffer.from('490154203237518'))]);
    store.close();
    for (const name of ['content.db', 'content.db-wal'])
      if (existsSync(path.join(directory, name)))
        expect(readFileSync(path.join(directory, name)).includes('490154203237518')).toBe(false);
  });

  it('stays within its bound: the oldest goes first, and what is left says that something went', () => {
    const store = open(500_000);
    for (let number = 0; number < 100; number++) store.put([piece('f', number, Buffer.alloc(20_000, number))]);
    expect(store.bytes()).toBeLessThanOrEqual(500_000);
    const events = [...store.eventsOf('f')];
    expect(events[0]).toMatchObject({ type: 'not-kept', why: 'gone' });
    expect(events.at(-1)).toMatchObject({ type: 'body-chunk', bytes: Buffer.alloc(20_000, 99) });
    store.close();
    const again = open(500_000);
    expect(again.bytes()).toBeGreaterThan(100_000);
    again.close();
    expect(statSync(file()).size).toBeLessThan(2_000_000);
  });

  it('forgets a phone: its key is gone, and a copy made before opens with none', () => {
    const store = open();
    store.put([piece('f', 0, Buffer.from('secret')), piece('g', 0, Buffer.from('other'), 'phone-2')]);
    const reader = openContentReader(file(), keys());
    const stolen = readFileSync(file());
    reader.close();
    store.forget('phone-1');
    expect([...store.eventsOf('f')]).toEqual([]);
    expect([...store.eventsOf('g')].length).toBe(1);
    store.close();
    writeFileSync(file(), stolen);
    const thief = open();
    expect([...thief.eventsOf('f')].every(({ type }) => type === 'not-kept')).toBe(true);
    thief.close();
  });

  it('removes what is kept of a phone some pieces at a time, and nobody else’s', () => {
    const store = open();
    for (let number = 0; number < 5; number++) store.put([piece('f', number, Buffer.from('x'))]);
    store.put([piece('g', 0, Buffer.from('other'), 'phone-2')]);
    expect([2, 2, 2, 2].map((limit) => store.forgetPieces('phone-1', limit))).toEqual([2, 2, 1, 0]);
    expect([...store.eventsOf('f')]).toEqual([]);
    expect([...store.eventsOf('g')].length).toBe(1);
    store.close();
  });

  it('destroys what is older than it is to be kept', () => {
    const store = open();
    for (let number = 0; number < 5; number++) store.put([piece('f', number, Buffer.from('x'))]);
    expect(store.prune(1003, 2)).toBe(2);
    expect(store.prune(1003, 2)).toBe(1);
    expect(store.prune(1003, 2)).toBe(0);
    expect([...store.eventsOf('f')].filter(({ type }) => type === 'body-chunk').length).toBe(2);
    store.close();
  });

  it('pages that cannot be read take what stood on them, and no reader fails for it', () => {
    const store = open();
    const flows = Array.from({ length: 40 }, (_, index) => `flow-${index}`);
    for (const flow of flows) store.put([piece(flow, 0, Buffer.alloc(3000, 1))]);
    store.close();
    const bytes = readFileSync(file());
    for (let page = 6; page < bytes.length / 4096; page += 4)
      if (!bytes.includes('CREATE', page * 4096)) bytes.fill(0xaa, page * 4096, page * 4096 + 4000);
    writeFileSync(file(), bytes);
    const reader = openContentReader(file(), keys());
    const types = flows.flatMap((flow) => [...reader.eventsOf(flow)].map(({ type }) => type));
    reader.close();
    expect(new Set(types)).toEqual(new Set(['body-chunk', 'not-kept']));
    writeFileSync(file(), 'hello');
    expect(() => openContentReader(file(), keys())).toThrow(/content\.db is damaged, and was left as it is/);
  });

  it('keeps a damaged file aside and begins anew', () => {
    writeFileSync(file(), 'this is no database, whatever its name says. '.repeat(100));
    let keptAs = '';
    const store = open(1_000_000, (name) => {
      keptAs = name;
    });
    store.put([piece('f', 0, Buffer.from('x'))]);
    expect([...store.eventsOf('f')].length).toBe(1);
    store.close();
    expect(readFileSync(keptAs, 'utf8')).toContain('no database');
  });
});
