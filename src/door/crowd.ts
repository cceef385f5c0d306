/**
 * The door's places: connections of phones and connections made for them, each phone with a share of its own.
 * Promise: a phone beyond its share loses by that alone; what is turned away leaves a flow, one a second for each phone however
 * many it tries.
 */
import type { Socket } from 'node:net';
import { plainAddress } from '../formats/address.ts';
import { createPlaces, placeKey } from '../formats/places.ts';
import type { Dialled, Engine } from '../model/connection.ts';
import { text } from '../model/text.ts';

export interface CrowdOptions {
  connections: number;
  dials: number;
  perPhone: number;
}

export interface Crowd {
  enter(ip: string, socket: Socket): boolean;
  /** This phone holds all it may, and one more that is turned away is not to be told now: it was counted, nothing else is due. */
  isTurnedAway(ip: string): boolean;
  /** How many were turned away since it was last told of this phone; null: not to be told now. */
  turnAway(ip: string): number | null;
  /** The same engine, whose dials are counted. */
  counted(engine: Engine): Engine;
  all(): Socket[];
}

export const UNBOUNDED: CrowdOptions = { connections: 20_000, dials: 40_000, perPhone: 20_000 };
const TELL_EVERY_MS = 1000;
/** Forgotten beyond: who comes back is told of once more. */
const MAX_TOLD = 1000;

interface Dial {
  socket: Socket | null;
}

/** `onEvicted`: a connection of this phone was closed to make room for another phone's; told at most once a second. */
export function createCrowd(
  { connections, dials, perPhone }: CrowdOptions,
  now: () => number,
  onEvicted: (ip: string) => void = () => {},
): Crowd {
  const places = createPlaces<Socket>({ total: connections, each: perPhone, evict });
  // A connection for plain HTTP may lead to several servers.
  const made = createPlaces<Dial>({ total: dials, each: 2 * perPhone, evict: ({ socket }) => socket?.destroy() });
  const turned = new Map<string, { count: number; toldAt: number }>();

  function evict(socket: Socket): void {
    const ip = plainAddress(socket.remoteAddress ?? '');
    socket.destroy();
    if (turnAway(ip) !== null) onEvicted(ip);
  }
  function turnAway(ip: string): number | null {
    const who = placeKey(ip);
    const one = turned.get(who) ?? { count: 0, toldAt: -Infinity };
    one.count++;
    if (turned.size >= MAX_TOLD && !turned.has(who)) turned.clear();
    turned.set(who, one);
    if (Math.abs(now() - one.toldAt) < TELL_EVERY_MS) return null;
    const { count } = one;
    turned.set(who, { count: 0, toldAt: now() });
    return count;
  }

  return {
    isTurnedAway(ip) {
      const who = placeKey(ip);
      if (places.held(who) < perPhone) return false;
      const one = turned.get(who);
      if (one === undefined || Math.abs(now() - one.toldAt) >= TELL_EVERY_MS) return false;
      one.count++;
      return true;
    },
    enter(ip, socket) {
      const who = placeKey(ip);
      if (!places.enter(who, socket)) return false;
      socket.once('close', () => void places.leave(who, socket));
      return true;
    },
    turnAway,
    counted: (engine) => ({
      ...engine,
      async dial(target) {
        const who = placeKey(target.client ?? '');
        const dial: Dial = { socket: null };
        if (!made.enter(who, dial)) return FULL;
        const dialled = await engine.dial(target).catch((error: unknown) => {
          made.leave(who, dial);
          throw error;
        });
        if (!dialled.ok || dialled.socket.destroyed) made.leave(who, dial);
        else {
          dial.socket = dialled.socket;
          dialled.socket.once('close', () => void made.leave(who, dial));
        }
        return dialled;
      },
    }),
    all: places.all,
  };
}

const FULL: Dialled & { ok: false } = {
  ok: false,
  reason: 'refused-by-policy',
  detail: text('treated.crowded'),
  ip: null,
  simulated: false,
};
