import { beforeEach, describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import type { PinState } from '../../src/model/pin.ts';
import { type Text, text } from '../../src/model/text.ts';
import { createHintBook, type HintBook, type PassHints } from '../../src/wire/pass-hints.ts';
import { MAX_HINTS, readPassHints } from '../../src/wire/pass-hints-file.ts';
import { createPins, type Failure, type Pins } from '../../src/wire/pins.ts';

const SOURCE = { organisation: 'cellphones', version: 3 };
const HINTS: PassHints = { names: ['api.bank.example', '*.pay.example'], source: SOURCE, except: [] };
const refusal: Failure = { kind: 'refused', how: 'unknown_ca', untrusted: false };

describe('a name that a feed hints at', () => {
  let book: HintBook;
  let pins: Pins;
  let changes: PinState[];
  const open = (initial: PinState[] = []): Pins =>
    createPins({
      ...{ now: () => 1_000_000, trusting: ['phone'], hints: book, initial },
      onChange: (state) => changes.push(state),
    });
  beforeEach(() => {
    changes = [];
    book = createHintBook();
    book.give(HINTS);
    pins = open();
  });
  const refuse = (name = 'api.bank.example', device = 'phone') => pins.failed(device, name, refusal);
  const decide = (name = 'api.bank.example', device = 'phone') => pins.decide(device, name);
  const stateOf = (name = 'api.bank.example') => pins.list().find((one) => one.name === name);

  it('is intercepted like any other until the app refuses: the hint alone passes nothing through', () => {
    expect(decide()).toEqual({ passthrough: false });
    expect(pins.list()).toEqual([]);
  });

  it('is passed through after one refusal and not three, and everything that says so names the feed', () => {
    const { proven } = refuse();
    expect(proven).toMatchObject({ cause: 'pinned', source: SOURCE });
    const decided = decide();
    expect(decided).toMatchObject({ passthrough: true, cause: 'pinned' });
    expect(say((decided as { reason: Text }).reason)).toBe(
      'the app insists on a certificate of its own (alert unknown_ca 1 time, where the feed of cellphones, version 3, says that apps pin)',
    );
    expect(stateOf()).toMatchObject({ state: 'pinned', source: SOURCE });
    expect(changes.at(-1)?.proof).toContain('the feed of cellphones, version 3');
  });

  it('is tried again as any other, and stands on its own proof after three refusals', () => {
    refuse();
    expect([decide(), decide(), decide()].map(({ passthrough }) => passthrough)).toEqual([true, true, false]);
    refuse();
    refuse();
    expect(stateOf()).toMatchObject({ state: 'pinned', source: null, proof: 'alert unknown_ca 3 times' });
  });

  it.each([
    ['api.bank.example', true],
    ['API.bank.example', true],
    ['www.bank.example', false],
    ['a.pay.example', true],
    ['b.a.pay.example', true],
    ['pay.example', false],
    ['pay.example.evil.test', false],
  ])('%s: %s', (name, isHinted) => {
    expect(refuse(name).proven !== null).toBe(isHinted);
  });

  it.each<[string, () => void]>([
    ['something was found', () => book.give({ ...HINTS, except: ['API.bank.example'] })],
    ['an app of this phone was read', () => pins.accepted('phone', 'api.bank.example')],
    ['an app of another phone was read', () => pins.accepted('other', 'API.bank.example')],
    ['the operator decided otherwise', () => pins.override('phone', 'api.bank.example', 'never')],
    ['the feed says nothing more', () => book.give(null)],
  ])('is not believed where %s', (_, before) => {
    before();
    expect(refuse().proven).toBeNull();
    expect(decide().passthrough).toBe(false);
  });

  it('is not believed of a phone that never trusted the lab: what it lacks is the certificate', () => {
    expect(refuse('api.bank.example', 'newcomer').proven).toBeNull();
  });

  it('is not believed for another failure than a refused certificate', () => {
    expect(
      pins.failed('phone', 'api.bank.example', { kind: 'phone-tls', how: text('ended.code', { code: 'x' }) }).proven,
    ).toBeNull();
  });

  it('is read again when the feed that named it is rolled back, and what was counted stays counted', () => {
    refuse();
    book.give({ ...HINTS, names: ['other.example'], source: { organisation: 'cellphones', version: 4 } });
    pins.hintsChanged();
    expect(decide().passthrough).toBe(false);
    expect(stateOf()).toMatchObject({ state: 'watching', source: null, rejections: 1 });
    refuse();
    expect(refuse().proven).toMatchObject({ cause: 'pinned' });
  });

  it('is judged anew after a restart', () => {
    refuse();
    pins = open(changes.slice(-1));
    expect(decide().passthrough).toBe(false);
    expect(refuse().proven).toMatchObject({ source: SOURCE });
  });
});

describe('the table of hints', () => {
  it('is names, each with how it is known', () => {
    expect(readPassHints('api.bank.example: seen\n"*.pay.example": told by its maker\n', 'f')).toEqual([
      'api.bank.example',
      '*.pay.example',
    ]);
  });
  it.each([
    ['that is no list of names', '- a.example', /f: needs lines/],
    ['with a name for half of the world', '"*.com": x', /many owners/],
    ['with a name for the customers of a platform', '"*.github.io": x', /many owners/],
    ['with a star in the middle', '"a.*.example.com": x', /no name of a server/],
    ['with everything', '"*": x', /no name of a server/],
    ['with an address', '10.0.0.1: x', /no name of a server/],
    ['with a name without a reason', 'a.example.com:', /how it is known/],
    [
      'longer than a list of known apps',
      Array.from({ length: MAX_HINTS + 1 }, (_, n) => `n${n}.example.com: x`).join('\n'),
      /500 at most/,
    ],
    ['that is no YAML', '"a', /no YAML/],
  ])('is refused %s', (_, yaml, problem) => {
    expect(() => readPassHints(yaml, 'f')).toThrow(problem);
  });
});
