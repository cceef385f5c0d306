import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderContent, partOf, piecesOf } from '../../../src/formats/flow-content.ts';
import type { ContentEvent, Keep } from '../../../src/model/content.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';
import { createContentKeeper } from '../../../src/sinks/content/keeper.ts';
import { openPiece, sealPiece } from '../../../src/sinks/content/piece.ts';
import type { ContentPiece } from '../../../src/sinks/content/store.ts';
import type { Stored } from '../../../src/sinks/evidence/store.ts';
import { bodyEnd, chunk, closed, exchange, finding, head, opened } from './events.ts';

const KEY = Buffer.alloc(32, 7);

function keep(what: Exclude<Keep, 'none'>, maxHeldBytes?: number) {
  const pieces: ContentPiece[] = [];
  let answer: Stored = { ok: true };
  const troubles: boolean[] = [];
  const keeper = createContentKeeper({
    keep: what,
    write(given) {
      if (answer.ok) pieces.push(...given);
      return answer;
    },
    deviceOf: ({ deviceId }) => deviceId ?? 'nobody',
    now: () => 1000,
    onTrouble: ({ ok }) => void troubles.push(ok),
    ...(maxHeldBytes === undefined ? {} : { maxHeldBytes }),
  });
  return {
    keeper,
    pieces,
    troubles,
    answer(next: Stored) {
      answer = next;
    },
    push: (events: readonly FlowEvent[]) => {
      for (const event of events) keeper.consume(event);
    },
    /** As it comes back from the disk. */
    kept(flowId: string): ContentEvent[] {
      keeper.flush();
      return pieces
        .filter((piece) => piece.flowId === flowId)
        .flatMap((piece) => openPiece(KEY, piece, sealPiece(KEY, piece, piece.events)) ?? []);
    },
  };
}

const bodyOf = (events: ContentEvent[], side: 'request' | 'response', number = 0): Buffer =>
  Buffer.concat([...piecesOf(events, { side, exchange: number })].map(({ bytes }) => bytes));

describe('content that is kept', () => {
  it('is all of it with `all`, in its order', () => {
    const lab = keep('all');
    lab.push([opened('f'), ...exchange('f', Buffer.from('question'), Buffer.from('answer'))]);
    const note = lab.keeper.noteOf('f', 200);
    lab.push([closed('f')]);
    const events = lab.kept('f');
    expect(events.map(({ type }) => type)).toEqual([
      'request-head',
      'body-chunk',
      'body-end',
      'response-head',
      'body-chunk',
      'body-end',
    ]);
    expect(bodyOf(events, 'request').toString()).toBe('question');
    expect(bodyOf(events, 'response').toString()).toBe('answer');
    expect(note).toEqual({ keep: 'all', bytes: 14, notKept: 0, why: [] });
  });

  it('is nothing of an exchange without a finding with `findings`, and that is said', () => {
    const lab = keep('findings');
    lab.push([opened('f'), ...exchange('f', Buffer.from('question'), Buffer.from('answer'))]);
    expect(lab.keeper.noteOf('f', 200)).toEqual({ keep: 'findings', bytes: 0, notKept: 14, why: ['no-finding'] });
    lab.push([closed('f')]);
    expect(lab.kept('f')).toEqual([]);
    expect(lab.keeper.stats().heldBytes).toBe(0);
  });

  it('is the exchange of a finding, and not its neighbours', () => {
    const lab = keep('findings');
    lab.push([opened('f'), ...exchange('f', Buffer.from('before'), Buffer.from('x'), 0)]);
    lab.push([head('f', 1), chunk('f', Buffer.from('with it'), 'request', 1)]);
    lab.keeper.inspected(finding('f', 1));
    lab.push([bodyEnd('f', 'request', 1), ...exchange('f', Buffer.from('after'), Buffer.from('y'), 2), closed('f')]);
    const events = lab.kept('f');
    expect(bodyOf(events, 'request', 1).toString()).toBe('with it');
    expect(new Set(events.map((event) => ('exchange' in event ? event.exchange : null)))).toEqual(new Set([1]));
  });

  it('shows the beginning of a long body and the surroundings of what was found in it, and counts the rest', () => {
    const lab = keep('findings');
    const long = Buffer.alloc(400_000, 'a');
    lab.push([opened('f'), head('f')]);
    for (let at = 0; at < long.length; at += 10_000) lab.push([chunk('f', long.subarray(at, at + 10_000))]);
    lab.push([chunk('f', Buffer.from('found here'))]);
    lab.keeper.inspected(finding('f'));
    lab.push([chunk('f', Buffer.alloc(100_000, 'b')), bodyEnd('f'), closed('f')]);
    const content = orderContent('f', lab.kept('f'), [], null);
    const body = content.exchanges[0]?.request?.body;
    expect(body?.bytes).toBe(500_010);
    expect(body?.gaps.length).toBe(2);
    expect(content.why).toEqual(['outside-window']);
    const part = partOf(lab.kept('f'), { side: 'request', exchange: 0 }, 400_000, 10);
    expect(part).toMatchObject({ from: 400_000, bytes: Buffer.from('found here').toString('base64'), next: 400_010 });
  });

  it('is no more than it may hold, and what came then is counted', () => {
    const lab = keep('all', 1000);
    lab.push([opened('f'), head('f'), chunk('f', Buffer.alloc(2000)), chunk('f', Buffer.alloc(700)), bodyEnd('f')]);
    const content = orderContent('f', lab.kept('f'), [], null);
    expect(content.exchanges[0]?.request?.body).toMatchObject({
      bytes: 2700,
      kept: 2000,
      gaps: [{ at: 2000, bytes: 700, why: 'too-much' }],
    });
    expect(lab.keeper.stats().heldBytes).toBe(0);
  });

  it('waits while the disk is full, says so once, and is written when there is room', () => {
    const lab = keep('all');
    lab.answer({ ok: false, why: 'disk-full', message: 'full' });
    lab.push([opened('f'), ...exchange('f', Buffer.from('question'), Buffer.from('answer')), closed('f')]);
    lab.keeper.flush();
    lab.keeper.flush();
    lab.answer({ ok: true });
    expect(bodyOf(lab.kept('f'), 'request').toString()).toBe('question');
    expect(lab.troubles).toEqual([false, true]);
  });

  it('is let go of with its phone', () => {
    const lab = keep('all');
    lab.push([opened('f'), ...exchange('f', Buffer.from('question'), Buffer.from('answer'))]);
    lab.push([opened('g', 'phone-2'), ...exchange('g', Buffer.from('other'), Buffer.from('answer'))]);
    lab.keeper.forget('phone-1');
    lab.push([chunk('f', Buffer.from('more')), closed('f'), closed('g')]);
    expect(lab.kept('f')).toEqual([]);
    expect(bodyOf(lab.kept('g'), 'request').toString()).toBe('other');
    expect(lab.keeper.stats().heldBytes).toBe(0);
  });

  it('accounts for every byte, however it was cut and wherever something was found', () => {
    const pieces = fc.array(fc.record({ size: fc.nat(30_000), finds: fc.boolean() }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.constantFrom('all', 'findings'), (parts, what) => {
        const lab = keep(what as 'all');
        let sent = 0;
        lab.push([opened('f'), head('f')]);
        for (const { size, finds } of parts) {
          lab.push([chunk('f', Buffer.alloc(size, sent % 251))]);
          if (finds) lab.keeper.inspected(finding('f'));
          sent += size;
        }
        const isFound = what === 'all' || parts.some(({ finds }) => finds);
        const note = lab.keeper.noteOf('f', sent);
        lab.push([closed('f')]);
        expect(note.bytes + note.notKept).toBe(sent);
        const [first] = orderContent('f', lab.kept('f'), [], null).exchanges;
        if (isFound) expect(first?.request?.body.bytes).toBe(sent);
        expect(lab.keeper.stats().heldBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a piece', () => {
  it('opens with its own key, flow and number, and with no other', () => {
    const { pieces, push, keeper } = keep('all');
    push([opened('f'), ...exchange('f', Buffer.from('q'), Buffer.from('a')), closed('f')]);
    keeper.flush();
    const sealed = sealPiece(KEY, { flowId: 'f', number: 0 }, pieces[0]?.events ?? []);
    expect(openPiece(KEY, { flowId: 'f', number: 0 }, sealed)?.length).toBe(6);
    expect(openPiece(KEY, { flowId: 'g', number: 0 }, sealed)).toBeNull();
    expect(openPiece(KEY, { flowId: 'f', number: 1 }, sealed)).toBeNull();
    expect(openPiece(Buffer.alloc(32), { flowId: 'f', number: 0 }, sealed)).toBeNull();
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(openPiece(KEY, { flowId: 'f', number: 0 }, changed)).toBeNull();
    }
    expect(openPiece(KEY, { flowId: 'f', number: 0 }, Buffer.alloc(3))).toBeNull();
  });
});
