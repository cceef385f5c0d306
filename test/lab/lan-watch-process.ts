/** The watch over the phones' network as a process of the gateway host: prints what it tells as one JSON object per line. */
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import type { GatewayState } from '../../src/gateway/state.ts';
import { openLanWatch } from '../../src/lab/lan-watch.ts';

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
let ids = 0;
/** What somebody set the machine's clock by, milliseconds. */
let skew = 0;

const state = {
  config: parseGatewayConfig(`lan: lan0\nuplink: wan0\ndhcp: false\ndnsPort: ${process.argv[2] ?? 8053}\n`, 'test'),
  peers: [],
} as unknown as GatewayState;

const watch = await openLanWatch({
  gateway: () => state,
  resolvers: ['198.18.0.2'],
  admit: () => true,
  identify: () => null,
  macOf: () => '02:00:5e:10:00:01',
  makerOf: () => null,
  deviceOfMac: () => null,
  dataDir: '/nonexistent',
  capture: null,
  onPhone: (phone) => say({ type: 'phone', phone }),
  emit: (event) => say('bytes' in event ? { ...event, bytes: event.bytes.toString('latin1') } : event),
  newId: () => `f${++ids}`,
  now: () => Date.now() + skew,
  log: silent,
  notify: (subject, line) => say({ type: 'notice', subject, line }),
});
say({ type: 'ready' });
process.stdin.resume().on('data', (asked) => {
  const [ip = '', address = ''] = asked.toString().trim().split(' ');
  if (ip === 'clock') skew = Number(address);
  else say(ip === 'stats' ? { type: 'stats', ...watch.stats() } : { type: 'name', name: watch.nameOf(ip, address) });
});
process.on('SIGTERM', () => void watch.close().then(() => process.exit(0)));
