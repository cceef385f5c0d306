/** The lab's door, wire and certificates with nobody reading: what relaying alone costs. Prints `ready PORT`. */
import { readFileSync } from 'node:fs';
import { openAuthority } from '../../src/ca/authority.ts';
import { createDoor } from '../../src/door/door.ts';
import { createPins } from '../../src/wire/pins.ts';
import { createWire } from '../../src/wire/wire.ts';

const [dir = '', upstreamCaFile = ''] = process.argv.slice(2);
const now = Date.now;
const log = { debug() {}, info() {}, warn() {}, error: (facts: object, text: string) => console.error(text, facts) };
const upstreamCa = [readFileSync(upstreamCaFile, 'utf8')];
const wire = createWire({
  observe: { event() {}, bytes() {}, end() {} },
  leafFor: openAuthority(dir, { now }).leafFor,
  upstream: () => null,
  mayConnect: () => ({ ok: true }),
  pins: createPins({ now }),
  upstreamCa: () => upstreamCa,
  now,
  log,
});
const door = await createDoor({
  host: '127.0.0.1',
  port: 0,
  engine: wire,
  admit: () => true,
  decide: () => ({ treatment: 'intercept', reason: null }),
  identify: () => null,
  now,
  log,
});
console.log(`ready ${door.port}`);
