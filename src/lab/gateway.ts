/**
 * Joins the gateway to the running lab: the port for redirected connections, and who the phones of the tunnel are.
 * The port is open when `--transparent-port` says so, and while a gateway is up on this data directory: a plain `start`
 * opens nothing new. The lab itself needs no right for it.
 */
import type { Door } from '../door/door.ts';
import { makeTransparent, openOriginalDestination } from '../door/original-destination.ts';
import { openListener, type TransparentListener } from '../door/redirected-port.ts';
import { type GatewayState, readRunningState } from '../gateway/state.ts';
import type { Log, RelayedLeg } from '../model/connection.ts';
import { LabError } from '../model/lab.ts';

/** A gateway that comes up, changes or goes is noticed after at most this long. */
const LOOK_AGAIN_MS = 2000;
/** An address nobody knows is looked for in the file, at most this often. */
const ASK_AGAIN_MS = 100;

export interface TransparentOptions {
  /** Null: open only while a gateway is up. */
  requestedPort: number | null;
  dataDir: string;
  door: Pick<Door, 'accept' | 'refuse'>;
  now: () => number;
  /** A redirected connection is over. */
  onEnd: (leg: RelayedLeg) => void;
  log: Log;
  warnings: string[];
  /** Something went wrong, or right again, while the lab runs. */
  notify: (message: string, severity: 'high' | 'info') => void;
}

export interface TransparentPort {
  /** Null while it is closed. */
  port(): number | null;
  /** Name of the tunnel's phone with this address: a registered device of that name is this phone. */
  peerOf(ip: string): string | null;
  /** The gateway that is up now. */
  gateway(): GatewayState | null;
  close(): Promise<void>;
}

/** @throws LabError when a port that was asked for cannot be had */
export async function openTransparentPort(options: TransparentOptions): Promise<TransparentPort> {
  const { requestedPort, dataDir, door, now, log, warnings } = options;
  let gateway = readRunningState(dataDir);
  let listener: TransparentListener | null = null;
  let complaint: string | null = null;
  let askedAt = -Infinity;
  let turn: Promise<void> = Promise.resolve();

  const open = async (): Promise<void> => {
    const wanted = requestedPort ?? gateway?.config.transparentPort ?? null;
    if (listener && (wanted === null || (requestedPort === null && listener.port !== wanted))) {
      await listener.close();
      listener = null;
    }
    if (wanted === null || listener) return;
    const tproxy = gateway?.config.mode === 'tproxy';
    listener = await openListener({
      port: wanted,
      originalDestination: openOriginalDestination(),
      deliver: (socket, { ip, port }) => door.accept(socket, { arrival: 'transparent', host: ip, port }),
      refuse: (socket, destination, why) =>
        door.refuse(
          socket,
          { arrival: 'transparent', host: destination?.ip ?? 'unknown', port: destination?.port ?? 0 },
          why,
        ),
      ...(tproxy ? { prepare: makeTransparent } : {}),
      now,
      onEnd: options.onEnd,
      onDrop: () => log.warn({}, 'too many redirected connections: one was closed unseen'),
    });
  };

  const tried = async (): Promise<string | null> => {
    try {
      await open();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  complaint = await tried();
  if (complaint !== null) {
    if (requestedPort !== null && process.platform === 'linux') throw new LabError(complaint);
    warnings.push(`redirected connections are refused: ${complaint}`);
  }

  const look = async (): Promise<void> => {
    gateway = readRunningState(dataDir);
    const said = await tried();
    if (said !== complaint)
      options.notify(
        said ? `redirected connections are refused: ${said}` : 'redirected connections are taken again',
        said ? 'high' : 'info',
      );
    complaint = said;
  };
  const timer = setInterval(() => {
    turn = turn.then(look);
  }, LOOK_AGAIN_MS).unref();

  return {
    port: () => listener?.port ?? null,
    peerOf(ip) {
      const known = peerIn(gateway, ip);
      if (known !== null || !gateway?.config.wireguard || Math.abs(now() - askedAt) < ASK_AGAIN_MS) return known;
      // Added a moment ago: a phone is known from its first connection.
      askedAt = now();
      gateway = readRunningState(dataDir);
      return peerIn(gateway, ip);
    },
    gateway: () => gateway,
    async close() {
      clearInterval(timer);
      await turn;
      await listener?.close();
    },
  };
}

function peerIn(gateway: GatewayState | null, ip: string): string | null {
  return gateway?.peers.find(({ address, address6 }) => address === ip || address6 === ip)?.name ?? null;
}
