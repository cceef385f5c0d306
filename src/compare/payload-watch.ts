/**
 * What payloads nobody can open give away by their size: reports of fixed length sent again and again to one owner, and
 * payloads that grow just after something private was made on the phone (a phase was marked, a canary planted).
 * Promise: keeps sizes and counts only, at most MAX_RECEIVERS of them; says the same sentence for the same thing, so that
 * it is told once.
 */
import { LRUCache } from 'lru-cache';
import type { Flow } from '../model/flow.ts';
import type { Finding } from '../model/identifier.ts';
import { type Text, text } from '../model/text.ts';

export interface PayloadSurroundings {
  flow: Flow;
  device: { id: string };
  facts: { owner: { name: string | null } } | null;
  case: { id: string; phase: string | null } | null;
  time: number;
}

export interface PayloadWatch {
  /** One sentence about this payload in the light of earlier ones; null when there is nothing to say. */
  remark(finding: Finding, around: PayloadSurroundings): Text | null;
  /** Something to be found was put on the phone. */
  planted(deviceId: string, time: number): void;
}

/** About 1 KB each. */
const MAX_RECEIVERS = 500;
/** Sizes a receiver gets, kept apart; what varies more is no report of fixed length. */
const MAX_SIZES = 16;
const REPEATED = 3;
/** In two phases (activation, monthly) twice is a habit. */
const REPEATED_IN_PHASES = 2;
const LEAST_BEFORE = 3;
/** By a fifth and by more than two cipher blocks: padding and clocks vary less. */
const GROWTH = 1.2;
const GROWTH_BYTES = 32;
/** What is sent later has other reasons. */
const JUST_MS = 10 * 60_000;

const PLANTED = Symbol('a canary was planted');

interface Receiver {
  sizes: Map<number, { count: number; phases: Set<string>; flows: number; flow: string }>;
  /** Largest payload, and how many, before the latest occasion. */
  before: { largest: number; count: number };
  since: { largest: number; count: number };
  occasion: string | typeof PLANTED | null;
  occasionAt: number;
}

export function createPayloadWatch(): PayloadWatch {
  const receivers = new LRUCache<string, Receiver>({ max: MAX_RECEIVERS });
  const plantings = new Map<string, number>();

  function receiverOf(around: PayloadSurroundings, where: string): Receiver {
    const key = `${around.device.id} ${around.facts?.owner.name ?? around.flow.destination.host} ${where}`;
    let receiver = receivers.get(key);
    if (!receiver) {
      const none = { largest: 0, count: 0 };
      receiver = { sizes: new Map(), before: none, since: { ...none }, occasion: null, occasionAt: around.time };
      receivers.set(key, receiver);
    }
    return receiver;
  }

  /** What was private and new lately: the name of a phase, or that a canary was planted. */
  function occasionOf(around: PayloadSurroundings): string | typeof PLANTED | null {
    const planted = plantings.get(around.device.id);
    if (planted !== undefined && around.time >= planted && around.time - planted < JUST_MS) return PLANTED;
    return around.case?.phase ?? null;
  }

  function growth(receiver: Receiver, size: number, around: PayloadSurroundings): Text | null {
    const occasion = occasionOf(around);
    if (occasion !== receiver.occasion) {
      receiver.before = {
        largest: Math.max(receiver.before.largest, receiver.since.largest),
        count: receiver.before.count + receiver.since.count,
      };
      receiver.since = { largest: 0, count: 0 };
      receiver.occasion = occasion;
      receiver.occasionAt = around.time;
    }
    const { before, since } = receiver;
    since.largest = Math.max(since.largest, size);
    since.count++;
    if (occasion === null || before.count < LEAST_BEFORE || around.time - receiver.occasionAt > JUST_MS) return null;
    if (size < before.largest * GROWTH || size < before.largest + GROWTH_BYTES) return null;
    const { largest } = before;
    return occasion === PLANTED
      ? text('remark.grew-planted', { largest })
      : text('remark.grew-in-phase', { phase: occasion, largest });
  }

  function repetition(receiver: Receiver, size: number, around: PayloadSurroundings): Text | null {
    let seen = receiver.sizes.get(size);
    if (!seen) {
      if (receiver.sizes.size >= MAX_SIZES) receiver.sizes.delete(receiver.sizes.keys().next().value as number);
      seen = { count: 0, phases: new Set(), flows: 0, flow: '' };
      receiver.sizes.set(size, seen);
    }
    seen.count++;
    if (seen.flow !== around.flow.id) seen.flows++;
    seen.flow = around.flow.id;
    const phase = around.case?.phase;
    if (phase != null && seen.phases.size < MAX_SIZES) seen.phases.add(phase);
    const isHabit = seen.count >= REPEATED && seen.flows > 1;
    if (!isHabit && !(seen.count >= REPEATED_IN_PHASES && seen.phases.size > 1)) return null;
    const owner = around.facts?.owner.name ?? null;
    return owner === null ? text('remark.fixed-length', { size }) : text('remark.fixed-length-to', { size, owner });
  }

  return {
    remark(finding, around) {
      const size = finding.identifier.kind === 'opaque' ? sizeOf(finding) : null;
      if (size === null) return null;
      const receiver = receiverOf(around, finding.evidence.where);
      const repeated = repetition(receiver, size, around);
      const grown = growth(receiver, size, around);
      return repeated && grown ? text('reason.several', { reasons: [repeated, grown] }) : (repeated ?? grown);
    },
    planted(deviceId, time) {
      if (plantings.size >= MAX_RECEIVERS) plantings.clear();
      plantings.set(deviceId, time);
    },
  };
}

/** The value of an opaque finding begins with its size. */
function sizeOf({ value }: Finding): number | null {
  const size = /^(\d+) bytes/.exec(value)?.[1];
  return size === undefined ? null : Number(size);
}
