/** The watch over the phones' network as a process of the gateway host: prints what it tells as one JSON object per line. */

import { say as inWords } from '../../src/formats/say.ts';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import type { GatewayState } from '../../src/gateway/state.ts';
import { openLanWatch } from '../../src/lab/lan-watch.ts';
import { openLookUps } from '../../src/lab/look-ups.ts';
import { createDnsHistory } from '../../src/lan/dns/history.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { Text } from '../../src/model/text.ts';

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
let ids = 0;
/** What somebody set the machine's clock by, milliseconds. */
let skew = 0;

const state = {
  config: parseGatewayConfig(`lan: lan0\nuplink: wan0\ndhcp: false\ndnsPort: ${process.argv[2] ?? 8053}\n`, 'test'),
  peers: [],
} as unknown as GatewayState;

const macOf = () => '02:00:5e:10:00:01';
const emit = (event: FlowEvent) => say('bytes' in event ? { ...event, bytes: event.bytes.toString('latin1') } : event);
const newId = () => `f${++ids}`;
const now = () => Date.now() + skew;
const history = createDnsHistory({ now: () => performance.now(), phoneOf: macOf });
const notify = (subject: string, line: Text | null) => say({ type: 'notice', subject, line: line && inWords(line) });

const lookUps = await openLookUps({
  host: '::',
  gateway: { current: () => state },
  resolvers: ['198.18.0.2'],
  admit: () => true,
  identify: () => null,
  macOf,
  emit,
  learned: ({ client, name, addresses, ttl }) => history.learn(client, name, addresses, ttl),
  newId,
  now,
  log: silent,
  notify: (line) => notify('look-ups', line),
});
const watch = await openLanWatch({
  gateway: () => state,
  history,
  identify: () => 'phone',
  macOf,
  makerOf: () => null,
  deviceOfMac: () => null,
  dataDir: '/nonexistent',
  capture: null,
  counted: { read: () => null, keep: () => {} },
  onMissed: (ip, past) => say({ type: 'missed', ip, past }),
  onPhone: (phone) => say({ type: 'phone', phone }),
  emit,
  newId,
  now,
  log: silent,
  notify,
});
say({ type: 'ready' });
process.stdin.resume().on('data', (asked) => {
  const [ip = '', address = ''] = asked.toString().trim().split(' ');
  if (ip === 'clock') skew = Number(address);
  else say(ip === 'stats' ? { type: 'stats', ...watch.stats() } : { type: 'name', name: lookUps.nameOf(ip, address) });
});
process.on('SIGTERM', () => void Promise.all([watch.close(), lookUps.close()]).then(() => process.exit(0)));
