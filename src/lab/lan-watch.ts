/**
 * What the lab sees on the phones' network beside the connections that are relayed and the look-ups: refused attempts and all
 * other traffic. Runs while a gateway is up on this data directory; follows it when it comes, changes and goes.
 * Promise: nothing here can stop the relay; what cannot be watched is told as one line that says what to do.
 */
import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { parseNeighbours } from '../devices/neighbours.ts';
import { createOwnAddresses } from '../door/redirected-port.ts';
import { TABLE } from '../formats/nft-json.ts';
import { type GatewayConfig, networkOf, type PhoneSide, phoneSides } from '../gateway/config.ts';
import { dhcpLog, leasesFile } from '../gateway/daemons.ts';
import { checkLinks } from '../gateway/links.ts';
import { checkPool } from '../gateway/pool.ts';
import { type GatewayState, runDirectory } from '../gateway/state.ts';
import { createInventory } from '../lan/conntrack/inventory.ts';
import { createRelayed } from '../lan/conntrack/relayed.ts';
import { watchInventory } from '../lan/conntrack/watch.ts';
import { createUdpFlows, type UdpFlows } from '../lan/datagrams/flows.ts';
import { watchUdp } from '../lan/datagrams/watch.ts';
import type { DnsHistory } from '../lan/dns/history.ts';
import { dohOperator } from '../lan/dns/names.ts';
import { watchNetwork } from '../lan/network-watch.ts';
import { createClaims } from '../lan/phones/claims.ts';
import { createDiscovery, type Discovery, type DiscoveryNews } from '../lan/phones/discovery.ts';
import { watchDiscovery } from '../lan/phones/watch.ts';
import { startCapture } from '../lan/recording/capture.ts';
import { tellRefused } from '../lan/refused/refused.ts';
import { watchRefused } from '../lan/refused/watch.ts';
import { keepRunning, rightsPrefix } from '../lan/tool.ts';
import { openToolRunner, type ToolRunner } from '../lan/tool-runner.ts';
import type { Log, RelayedLeg } from '../model/connection.ts';
import type { DiscoveredPhone } from '../model/device.ts';
import type { EmitFlowEvent, Flow, FlowEvent } from '../model/flow.ts';
import type { ForwardedPackets } from '../model/gateway.ts';
import { type Text, text } from '../model/text.ts';
import type { CountedFile } from './counted-file.ts';

/** A gateway that comes up, changes or goes is noticed after at most this long. */
const LOOK_AGAIN_MS = 1000;
/** dnsmasq looks for three seconds whether an address is free before it gives it. */
const INTRODUCTION_MS = 8000;

export interface LanWatchOptions {
  /** The gateway that is up now. */
  gateway: () => GatewayState | null;
  /** What phones looked up, as the relay's forwarder tells it. */
  history: DnsHistory;
  identify: (clientIp: string) => string | null;
  macOf: (clientIp: string) => string | null;
  /** Maker of network hardware; null when unknown. */
  makerOf: (mac: string) => string | null;
  deviceOfMac: (mac: string) => string | null;
  dataDir: string;
  /** Null: nothing is recorded. */
  capture: CaptureWish | null;
  counted: CountedFile;
  /** What a phone sent past the relay while no lab ran. */
  onMissed: (ip: string, past: ForwardedPackets[]) => void;
  /** A phone came that was not here before. */
  onPhone: (phone: DiscoveredPhone) => void;
  emit: EmitFlowEvent;
  newId: (time: number) => string;
  now: () => number;
  /** Of a clock that nobody sets. Default: since the process began. */
  uptimeMs?: () => number;
  log: Log;
  /** `line` null: what was wrong works again. */
  notify: (subject: string, line: Text | null) => void;
}

export interface CaptureWish {
  directory: string;
  maxMegabytes: number;
}

export interface LanWatch {
  /** Phones met on the network, the latest first. */
  discovered(): DiscoveredPhone[];
  /** Hears of every flow of the lab: what the relay reads is not past it. */
  consume(event: FlowEvent): void;
  /** A connection that came redirected is over. */
  relayed(leg: RelayedLeg): void;
  stats(): Record<string, unknown>;
  close(): Promise<void>;
}

interface Part {
  stats?(): unknown;
  close(): void | Promise<void>;
}

export async function openLanWatch(options: LanWatchOptions): Promise<LanWatch> {
  const { now, notify, history, uptimeMs = () => performance.now() } = options;
  const prefix = rightsPrefix();
  /** While a gateway is up. */
  let tools: ToolRunner | null = null;
  const runner = (): ToolRunner => {
    tools ??= openToolRunner();
    return tools;
  };
  const parts = new Map<string, Part>();
  const complaints = new Map<string, string>();
  // Phone's address and port of connections the relay took lately: with tproxy nothing else tells them.
  const relayed = new LRUCache<string, true>({ max: 20_000 });
  const legs = createRelayed();
  let datagrams: UdpFlows | null = null;
  let discovery: Discovery | null = null;
  let watched = '';
  let turn: Promise<void> = Promise.resolve();

  /** Starts and stops parts when the gateway is another one than before. */
  async function look(): Promise<void> {
    const up = options.gateway();
    const config = up?.config ?? null;
    const shape = config ? JSON.stringify([phoneSides(config), config.uplink, config.dhcp]) : '';
    if (shape !== watched) await closeAll();
    watched = shape;
    if (!up || !config) return;
    await keepOpen('ground', () => openGround(config));
    await keepOpen('refused attempts', () => openRefused(up));
    const sides = phoneSides(config);
    const isPhone = createPhoneTest(sides.flatMap(networksOf));
    await keepOpen('datagrams', () => openUdp(isPhone, sides, config.wireguard?.interface));
    await keepOpen('inventory', () => openInventory(isPhone));
    const lan = sides.filter((side) => side.interface !== config.wireguard?.interface);
    const { capture } = options;
    if (capture) await keepOpen('recording', () => openCapture(sides, capture));
    await keepOpen('phones', () => openDiscovery(isPhone, lan, config.dhcp));
  }

  /** What cannot be opened is tried again at the next look: a port in use may become free. */
  async function keepOpen(name: string, open: () => Part | Promise<Part>): Promise<void> {
    if (parts.has(name)) return;
    try {
      parts.set(name, await open());
      if (complaints.delete(name)) notify(name, null);
    } catch (error) {
      const line = error instanceof Error ? error.message : String(error);
      if (complaints.get(name) !== line) notify(name, text('net.said', { said: line }));
      complaints.set(name, line);
    }
  }

  function openRefused(up: GatewayState): Part {
    const watch = watchRefused({
      before: options.counted.read(up),
      keep: (counted) => options.counted.keep(up, counted),
      onMissed(past) {
        for (const [ip, sent] of Map.groupBy(past, ({ client }) => client)) options.onMissed(ip, sent);
      },
      list: () => runner().runTool(prefix, 'nft', ['-j', 'list', 'sets', 'table', 'inet', TABLE]),
      onRefused(count) {
        const time = now();
        tellRefused(options.emit, count, {
          id: options.newId(time),
          time,
          deviceId: options.identify(count.client),
          host: history.nameOf(count.client, count.destination),
        });
      },
      onTrouble: (line) => notify('refused attempts', line),
    });
    return { close: watch.stop };
  }

  function openUdp(isPhone: PhoneTest, sides: PhoneSide[], tunnel: string | undefined): Part {
    const claims = createClaims({
      isPhone,
      uptimeMs,
      onPhone: (ip, mac) => discovery?.neighbours([[ip, mac]], now()).forEach(tell),
      onPosing: (ip) => notify(`address ${ip}`, text('lan.posing', { ip })),
    });
    /** A datagram needs no answer, so its address may be anybody's: the hardware it came from decides. */
    function sender(ip: string, mac: string | null): string | null {
      if (mac === null || (options.macOf(ip) ?? mac) === mac) return options.identify(ip);
      claims.hear(ip, mac);
      return options.deviceOfMac(mac);
    }
    const flows = createUdpFlows({ ...options, isPhone, identify: sender, nameOf: history.nameOf });
    const watch = watchUdp({
      interfaces: sides.map((side) => ({
        name: side.interface,
        tunnel: side.interface === tunnel,
        networks: networksOf(side),
      })),
      flows,
      onClaim: claims.hear,
      prefix,
      now,
      onTrouble: (line) => notify('datagrams', line),
    });
    datagrams = flows;
    return { stats: () => ({ open: flows.open() }), close: watch.close };
  }

  function openInventory(isPhone: PhoneTest): Part {
    const isOwn = createOwnAddresses(now);
    const inventory = createInventory({
      isPhone,
      isOwn,
      isRead: (flow) =>
        flow.protocol === 'tcp'
          ? relayed.has(`${flow.client.ip} ${flow.client.port}`)
          : flow.protocol === 'udp' && (datagrams?.has(flow) ?? false),
    });
    return watchInventory({
      ...options,
      inventory,
      relayed: legs,
      isOwn,
      prefix,
      nameOf: history.nameOf,
      onTrouble: notify,
      run: { keepRunning, streamTool: (...asked) => runner().streamTool(...asked) },
    });
  }

  function openDiscovery(isPhone: PhoneTest, lan: PhoneSide[], dhcp: boolean): Part {
    const made = createDiscovery({
      makerOf: options.makerOf,
      deviceOf: options.deviceOfMac,
      isPhone,
      patienceMs: dhcp ? INTRODUCTION_MS : 0,
    });
    discovery = made;
    const watch = watchDiscovery({
      discovery: made,
      dhcpLog: dhcp ? dhcpLog(runDirectory(options.dataDir)) : null,
      async neighbours() {
        const tables = await Promise.all(
          lan.map((side) =>
            runner().runTool([], 'ip', [
              '-j',
              'neigh',
              'show',
              'dev',
              side.interface,
              'nud',
              'reachable',
              'nud',
              'stale',
              'nud',
              'delay',
              'nud',
              'probe',
            ]),
          ),
        );
        return tables.flatMap((said) => (said.ok ? [...(parseNeighbours(said.out) ?? [])] : []));
      },
      onNews: tell,
      now,
    });
    return { stats: () => ({ phones: made.list().length }), close: watch.close };
  }

  function tell(news: DiscoveryNews): void {
    if (news.type === 'new') {
      options.onPhone(news.phone);
      return;
    }
    const nobody = text('phone.without-name');
    const [one = nobody, other = nobody] = news.macs.map((mac) => options.deviceOfMac(mac) ?? nobody);
    notify(`address ${news.ip}`, text('phone.two-of-address', { ip: news.ip, one, other }));
  }

  function openGround(config: GatewayConfig): Part {
    const leases = leasesFile(runDirectory(options.dataDir));
    const watch = watchNetwork({
      uplink: config.uplink,
      checkLinks: (all, hasRoute) => checkLinks(config, all, hasRoute),
      checkPool: config.dhcp ? (list, at) => checkPool(config, list, at) : null,
      run: (name, args, rights) => runner().runTool(rights ? prefix : [], name, args),
      readLeases: () => readOrNull(leases),
      now,
      uptimeMs,
      onTrouble: notify,
    });
    return { close: watch.stop };
  }

  function openCapture(sides: PhoneSide[], { directory, maxMegabytes }: CaptureWish): Part {
    const interfaces = sides.map((side) => side.interface);
    const running = startCapture({
      interfaces,
      directory,
      maxMegabytes,
      prefix,
      onTrouble: (line) => notify('recording', line),
    });
    return { close: running.stop };
  }

  async function closeAll(): Promise<void> {
    const closing = [...parts.values()];
    parts.clear();
    await Promise.all(closing.map((part) => part.close()));
    await tools?.close();
    tools = null;
  }

  await look();
  const timer = setInterval(() => {
    turn = turn.then(look);
  }, LOOK_AGAIN_MS).unref();

  return {
    discovered: () => discovery?.list() ?? [],
    consume(event) {
      if (event.type !== 'flow-opened' || event.flow.engine === 'gateway') return;
      const { client, arrival } = event.flow;
      if (arrival === 'transparent') relayed.set(`${client.ip} ${client.port}`, true);
    },
    relayed: legs.leg,
    stats: () => Object.fromEntries([...parts].map(([name, part]) => [name, part.stats?.() ?? 'running'])),
    async close() {
      clearInterval(timer);
      await turn;
      await closeAll();
    },
  };
}

/** Who takes look-ups over HTTPS at the other end; null for everybody else, and for what the gateway itself tells. */
export const hiddenLookUps = ({ engine, destination }: Flow): string | null =>
  engine !== 'gateway' && destination.port === 443 ? dohOperator(destination.host, destination.ip) : null;

type PhoneTest = (ip: string) => boolean;

/** Asked for every line of the kernel's table: remembered per address. */
function createPhoneTest(networks: readonly string[]): PhoneTest {
  const parsed = networks.map((cidr) => ipaddr.parseCIDR(cidr));
  const known = new LRUCache<string, boolean>({ max: 5000 });
  return (ip) => {
    let is = known.get(ip);
    if (is === undefined) {
      const address = ipaddr.isValid(ip) ? ipaddr.process(ip) : null;
      is = address !== null && parsed.some(([net, bits]) => net.kind() === address.kind() && address.match(net, bits));
      known.set(ip, is);
    }
    return is;
  };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const networksOf = (side: PhoneSide): string[] =>
  [side.address, side.address6].flatMap((cidr) => (cidr ? [networkOf(cidr)] : []));
