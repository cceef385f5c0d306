/** What the lab knows of a phone's coverage outlives the lab. */
import { describe, expect, it } from 'vitest';
import { openCoverage } from '../../src/lab/coverage.ts';
import { text } from '../../src/model/text.ts';
import { closed, flow, head, raw, rejected, run } from '../coverage/lab-flows.ts';
import { createMemoryStore } from '../sinks/evidence/memory-store.ts';

const START = Date.UTC(2026, 10, 22, 10);
const iso = (ms: number): string => new Date(START + ms).toISOString();

function world() {
  const evidence = createMemoryStore();
  let time = START;
  return {
    pass(ms: number): void {
      time += ms;
    },
    open: (root = 'AA', isRestart = false) =>
      openCoverage({ evidence, root, isRestart, now: () => time, deviceOf: ({ deviceId }) => deviceId ?? '' }),
  };
}

describe('the coverage of a lab', () => {
  it('goes on after the lab was stopped, and the time between is an entry of its own', () => {
    const { open, pass } = world();
    const first = open();
    expect(first.gaps.since(0)).toEqual([]);
    run(flow('f'), [head('f'), closed('f', 80)], first);
    first.close();
    pass(120_000);
    const second = open();
    expect(second.of('a')).toMatchObject({ readShare: 1, trust: 'trusts' });
    expect(second.gaps.since(0)).toEqual([
      { kind: 'lab-down', subject: 'lab', from: iso(0), to: iso(120_000), detail: null },
    ]);
    second.close();
    expect(open().gaps.since(0)).toHaveLength(1);
  });

  it('loses no more than some seconds when the lab is killed, and counts them as its absence', () => {
    const { open, pass } = world();
    const first = open();
    run(flow('f'), [head('f'), closed('f', 80)], first);
    pass(5000);
    first.keep();
    pass(4000);
    run(flow('g'), [head('g'), closed('g', 20)], first);
    first.keep();
    const second = open();
    expect(second.of('a')?.rows).toMatchObject([{ class: 'read', bytesUp: 80 }]);
    expect(second.gaps.since(0)).toMatchObject([{ from: iso(5000), to: iso(9000) }]);
  });

  it('goes on after its thread was started again: open connections are told anew and count once', () => {
    const { open, pass } = world();
    const first = open();
    run(flow('f'), [head('f'), closed('f', 80)], first);
    run(flow('g'), [raw('g', 1000)], first);
    pass(5000);
    first.keep();
    pass(2000);
    const second = open('AA', true);
    run(flow('g', { continues: true }), [], second);
    second.lost('g', 0);
    run(flow('h'), [], second);
    second.consume(closed('g', 1500), null);
    expect(second.of('a')?.rows).toMatchObject([
      { class: 'read', bytesUp: 80 },
      { class: 'unwatched', bytesUp: 1500 },
    ]);
    expect(second.gaps.since(0)).toMatchObject([{ kind: 'unwatched', from: iso(5000), to: iso(7000) }]);
  });

  it('knows the time in which it made no progress and traffic went on unread', () => {
    const { open, pass } = world();
    const coverage = open();
    run(flow('f'), [head('f'), closed('f', 80)], coverage);
    pass(10_000);
    coverage.wasDeaf(4000);
    expect(coverage.of('a')?.gaps).toMatchObject([{ kind: 'unwatched', from: iso(6000), to: iso(10_000) }]);
    expect(coverage.of('a')?.sentence).toContain('Nobody looked into what was sent from');
  });

  it('keeps what could not be counted when the lab stopped', () => {
    const { open, pass } = world();
    const first = open();
    first.gaps.begin('not-counted', 'datagrams', 'no right', START);
    pass(1000);
    first.close();
    expect(open().gaps.since(0)).toMatchObject([{ subject: 'datagrams', from: iso(0), to: iso(1000) }]);
  });

  it('is not whole while a watcher of the network says that it cannot count', () => {
    const coverage = world().open();
    run(flow('f'), [head('f'), closed('f', 80)], coverage);
    coverage.heard('recording', text('lab.disk-full'));
    expect(coverage.of('a')?.sentence).toMatch(/^All of what/);
    coverage.heard('inventory', text('net.said', { said: 'conntrack: no right' }));
    coverage.heard('inventory', text('net.said', { said: 'conntrack: still no right' }));
    expect(coverage.gaps.since(0)).toHaveLength(1);
    expect(coverage.of('a')?.sentence).toContain('inventory (conntrack: still no right)');
    coverage.heard('inventory', null);
    expect(coverage.gaps.since(0)).toMatchObject([{ kind: 'not-counted', subject: 'inventory', to: iso(0) }]);
  });

  it('knows nothing of the trust in a certificate that was rotated', () => {
    const { open } = world();
    const first = open('AA');
    run(flow('f'), [head('f'), closed('f', 80)], first);
    run(flow('r', { deviceId: 'b' }), [rejected('r', 1), closed('r', 0, 0, 'client-rejected-certificate')], first);
    first.close();
    expect(
      open('BB')
        .all()
        .map(({ trust }) => trust),
    ).toEqual(['unknown', 'unknown']);
  });
});
