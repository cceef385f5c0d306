/** A phone's registration changes while it sends: nothing waits, nothing is searched with half a table. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspect/inspector.ts';
import { isPrepared } from '../../src/inspect/search/known.ts';
import { registry } from '../../src/kinds/registry.ts';
import { createSearchTables } from '../../src/lab/search-tables.ts';
import type { Device } from '../../src/model/device.ts';
import { closed, labFlow, labPhone } from '../inspect/lab-phone.ts';

const phone = (email: string, id = labPhone.id): Device => ({
  ...labPhone,
  id,
  identifiers: { ...labPhone.identifiers, email: [email] },
});
const OLD = phone('old@example.com');
const NEW = phone('new@example.com');

/** Turns that the test gives one by one. */
function turns() {
  const waiting: (() => void)[] = [];
  return {
    turn: () => new Promise<void>((resolve) => waiting.push(resolve)),
    async give(): Promise<boolean> {
      const next = waiting.shift();
      next?.();
      // What follows the turn runs in microtasks.
      for (let i = 0; i < 8; i++) await Promise.resolve();
      return next !== undefined;
    },
  };
}

function lab(first: Device | null, options: { turn?: () => Promise<void> } = {}) {
  let registered = first;
  const deviceOf = (id: string | null) => (registered && registered.id === id ? registered : null);
  const tables = createSearchTables({ deviceOf, ...options });
  const inspector = createInspector({ deviceFor: tables.deviceFor });
  let flows = 0;
  return {
    tables,
    register(device: Device | null): Promise<void> {
      registered = device;
      return tables.build(device ? [device] : []);
    },
    /** Which registered addresses are found in one request that sends both. */
    send(): string[] {
      const flowId = `f${flows++}`;
      const events = [
        labFlow(flowId),
        {
          type: 'request-head' as const,
          ...{ flowId, exchange: 1, time: 0, protocol: 'http/1.1', method: 'GET', scheme: 'http' },
          ...{ target: '/?a=old@example.com&b=new@example.com', authority: 'vendor.example', headers: [] },
        },
        closed(flowId),
      ];
      return events.flatMap((event) =>
        inspector
          .push(event)
          .flatMap((each) => (each.type === 'finding' && each.finding.identifier.known ? [each.finding.value] : [])),
      );
    },
  };
}

describe('while the tables of a changed phone are built', () => {
  it('traffic goes on between any two steps and is searched with the tables before; then with the new ones', async () => {
    const { turn, give } = turns();
    const { register, send } = lab(null, { turn });
    const first = register(OLD);
    while (await give());
    await first;
    expect(send()).toEqual(['old@example.com']);

    const second = register(NEW);
    let sent = 0;
    for (; !isPrepared(NEW, registry); sent++) {
      expect(send()).toEqual(['old@example.com']);
      expect(await give()).toBe(true);
    }
    expect(sent).toBeGreaterThan(100);
    expect(send()).toEqual(['new@example.com']);
    await second;
    expect(send()).toEqual(['new@example.com']);
  });

  it('a connection relays on', async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const socket = connect((echo.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    let answers = 0;
    socket.on('data', () => {
      answers++;
      if (!socket.writableEnded) socket.write('ping');
    });
    socket.write('ping');
    const { register, send } = lab(null);
    await register(phone('old@example.com'));
    const before = answers;
    await register(phone('new@example.com'));
    expect(answers - before).toBeGreaterThan(5);
    expect(send()).toEqual(['new@example.com']);
    socket.end();
    await once(socket, 'close');
    echo.close();
    await once(echo, 'close');
  });

  it('only the last of several changes is built to the end', async () => {
    const { turn, give } = turns();
    const { register, send } = lab(null, { turn });
    const skipped = phone('skipped@example.com');
    const last = phone('new@example.com');
    const first = register(skipped);
    for (let i = 0; i < 10; i++) await give();
    const second = register(last);
    while (await give());
    await Promise.all([first, second]);
    expect(isPrepared(skipped, registry)).toBe(false);
    expect(isPrepared(last, registry)).toBe(true);
    expect(send()).toEqual(['new@example.com']);
  });
});

describe('a phone nobody had searched for before', () => {
  it('is searched for in its very first flow, even when its tables are not ready', () => {
    const { turn } = turns();
    const { register, send } = lab(null, { turn });
    void register(phone('new@example.com'));
    expect(send()).toEqual(['new@example.com']);
  });

  it('is no longer searched for once it is removed', async () => {
    const { register, send, tables } = lab(null);
    await register(phone('new@example.com'));
    expect(send()).toEqual(['new@example.com']);
    await register(null);
    expect(tables.deviceFor(labPhone.id)).toBeNull();
    expect(send()).toEqual([]);
  });
});

it('a lab that stops leaves unfinished tables', async () => {
  const { turn, give } = turns();
  const { register, tables } = lab(null, { turn });
  const device = phone('new@example.com');
  const built = register(device);
  await give();
  tables.stop();
  await give();
  await built;
  expect(isPrepared(device, registry)).toBe(false);
});
