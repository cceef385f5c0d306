/** The gateway that is up on this data directory, and the phones of its tunnel: read from its state file, again and again. */
import { hostOf, isTunnelOnly, phoneSides } from '../gateway/config.ts';
import { type GatewayState, readRunningState } from '../gateway/state.ts';
import type { WayIn } from '../model/gateway.ts';

/** A gateway that comes up, changes or goes is noticed after at most this long. */
const LOOK_AGAIN_MS = 1000;
/** An address nobody knows is looked for in the file, at most this often. */
const ASK_AGAIN_MS = 100;

export interface GatewayView {
  /** Null: none is up. */
  current(): GatewayState | null;
  /** Name of the tunnel's phone with this address: a registered device of that name is this phone. */
  peerOf(ip: string): string | null;
  /** The gateway's own addresses on the phones' networks; none while none is up. */
  addresses(): string[];
  /** How a phone comes to it; null while none is up. */
  wayIn(uiPort: number): WayIn | null;
  close(): void;
}

export function openGatewayView(dataDir: string, now: () => number): GatewayView {
  let gateway = readRunningState(dataDir);
  let askedAt = -Infinity;
  const timer = setInterval(() => {
    gateway = readRunningState(dataDir);
  }, LOOK_AGAIN_MS).unref();
  const peerIn = (ip: string): string | null =>
    gateway?.peers.find(({ address, address6 }) => address === ip || address6 === ip)?.name ?? null;
  return {
    current: () => gateway,
    peerOf(ip) {
      const known = peerIn(ip);
      if (known !== null || !gateway?.config.wireguard || Math.abs(now() - askedAt) < ASK_AGAIN_MS) return known;
      // Added a moment ago: a phone is known from its first connection.
      askedAt = now();
      gateway = readRunningState(dataDir);
      return peerIn(ip);
    },
    addresses: () => (gateway ? addressesOf(gateway) : []),
    wayIn: (uiPort) => gateway && wayInto(gateway, uiPort),
    close: () => clearInterval(timer),
  };
}

/** The gateway's own addresses on the phones' networks. */
const addressesOf = ({ config }: GatewayState): string[] =>
  phoneSides(config).flatMap(({ address, address6 }) =>
    [address, address6].flatMap((cidr) => (cidr ? [hostOf(cidr)] : [])),
  );

/** @param uiPort where the set-up page listens: the rules lead port 80 to the one of the gateway's configuration */
function wayInto(state: GatewayState, uiPort: number): WayIn {
  const { accessPoint, lan, wireguard, uiPort: led } = state.config;
  const addresses = addressesOf(state);
  const tunnel = 'its tunnel ("phonehome gateway wireguard add NAME")';
  const wifi = accessPoint ? `the Wi-Fi “${accessPoint.ssid}”` : `its network (on ${lan})`;
  return {
    network: isTunnelOnly(state.config) ? tunnel : wireguard ? `${wifi} or ${tunnel}` : wifi,
    page: `http://${addresses[0]}${uiPort === led ? '' : `:${uiPort}`}`,
    addresses,
  };
}
