/**
 * Joins the gateway to the relay: the port for redirected connections.
 * The port is open when `--transparent-port` says so, and while a gateway is up on this data directory: a plain `start`
 * opens nothing new. The lab itself needs no right for it.
 */

import type { Door } from '../door/door.ts';
import { makeTransparent, openOriginalDestination } from '../door/original-destination.ts';
import { openListener, type TransparentListener } from '../door/redirected-port.ts';
import { errorLine } from '../formats/error-line.ts';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { Log, RelayedLeg } from '../model/connection.ts';
import { LabError } from '../model/lab.ts';
import { isSameText, type Text, text } from '../model/text.ts';
import type { GatewayView } from './gateway-view.ts';
import { PORTAL_HOST } from './portal.ts';

/** A gateway that comes up, changes or goes is noticed after at most this long. */
const LOOK_AGAIN_MS = 2000;

export interface TransparentOptions {
  /** Null: open only while a gateway is up. */
  requestedPort: number | null;
  gateway: Pick<GatewayView, 'current' | 'addresses'>;
  door: Pick<Door, 'accept' | 'refuse' | 'isTurnedAway'>;
  now: () => number;
  /** A redirected connection is over. */
  onEnd: (leg: RelayedLeg) => void;
  log: Log;
  warnings: string[];
  /** Something went wrong, or right again, while the lab runs. */
  notify: (message: Text, severity: 'high' | 'info') => void;
}

export interface TransparentPort {
  /** Null while it is closed. */
  port(): number | null;
  close(): Promise<void>;
}

/** @throws LabError when a port that was asked for cannot be had */
export async function openTransparentPort(options: TransparentOptions): Promise<TransparentPort> {
  const { requestedPort, gateway, door, now, log, warnings } = options;
  let listener: TransparentListener | null = null;
  let complaint: Text | null = null;
  let turn: Promise<void> = Promise.resolve();

  const open = async (): Promise<void> => {
    const up = gateway.current();
    const wanted = requestedPort ?? up?.config.transparentPort ?? null;
    if (listener && (wanted === null || (requestedPort === null && listener.port !== wanted))) {
      await listener.close();
      listener = null;
    }
    if (wanted === null || listener) return;
    const tproxy = up?.config.mode === 'tproxy';
    listener = await openListener({
      port: wanted,
      originalDestination: openOriginalDestination(),
      deliver: (socket, { ip, port }) => door.accept(socket, { arrival: 'transparent', host: ip, port }),
      refuse(socket, destination, why) {
        const { ip = 'unknown', port = 0 } = destination ?? {};
        // What a phone opens as https://phonehome.lab/ shows whether it trusts the certificate.
        if (port === 443 && gateway.addresses().includes(ip))
          door.accept(socket, { arrival: 'transparent', host: PORTAL_HOST, port });
        else door.refuse(socket, { arrival: 'transparent', host: ip, port }, why);
      },
      isTurnedAway: door.isTurnedAway,
      ...(tproxy ? { prepare: makeTransparent } : {}),
      now,
      onEnd: options.onEnd,
      onDrop: () => log.warn({}, 'too many redirected connections: one was closed unseen'),
    });
  };

  const tried = async (): Promise<Text | null> => {
    try {
      await open();
      return null;
    } catch (error) {
      return (error instanceof LabError && error.text) || text('net.said', { said: errorLine(error) });
    }
  };

  complaint = await tried();
  if (complaint !== null) {
    if (requestedPort !== null && process.platform === 'linux') throw labError(complaint);
    warnings.push(say(text('net.redirected', { problem: complaint })));
  }

  const look = async (): Promise<void> => {
    const said = await tried();
    if (!isSameText(said, complaint))
      options.notify(
        said ? text('net.redirected', { problem: said }) : text('net.redirected-again'),
        said ? 'high' : 'info',
      );
    complaint = said;
  };
  const timer = setInterval(() => {
    turn = turn.then(look);
  }, LOOK_AGAIN_MS).unref();

  return {
    port: () => listener?.port ?? null,
    async close() {
      clearInterval(timer);
      await turn;
      await listener?.close();
    },
  };
}
