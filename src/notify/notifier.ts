/**
 * Tells receivers of alerts. Promise: an alert is put down on disk for each receiver before it is sent, and is sent to it until
 * it was taken, once for its id however often its count grows; receivers never wait for each other, and the lab never
 * waits for a receiver. What cannot be sent is kept, bounded and told.
 * No timers of its own: the lab calls `tick` about once a second.
 */
import { say } from '../formats/say.ts';
import type { Alert } from '../model/alert.ts';
import type { NotifyConfig, NotifyState, Receiver, SentTest } from '../model/notify.ts';
import { type Text, text } from '../model/text.ts';
import type { Guard } from './destination.ts';
import { sendEmail } from './email.ts';
import { type Notice, noticeOf, testNotice } from './notice.ts';
import type { Outbox, Waiting } from './outbox.ts';
import type { Outcome } from './outcome.ts';
import { isOver, muteOf, receiversFor } from './rules.ts';
import { TEMPLATES } from './templates.ts';
import { sendWebhook } from './webhook.ts';

export interface NotifierOptions {
  outbox: Outbox;
  config: () => NotifyConfig;
  /** As it is now; null: it is gone. */
  alertOf: (id: string) => Alert | null;
  /** Stored alerts with a greater `seq`, in their order, some at a time. */
  alertsSince: (seq: number) => Alert[];
  /** @throws SecretError */
  secretOf: (file: string) => string;
  isPhones: Guard['isPhones'];
  now: () => number;
  /** 0 to 1: spreads the attempts of many labs. */
  random?: () => number;
  /** Told when a receiver fails for a while, works again, or alerts were given up. */
  onChange?: (change: ReceiverChange) => void;
  /** A fault of the lab's own: told, and nothing stops. */
  onFault?: (error: unknown) => void;
}

export type ReceiverChange =
  | { type: 'failing'; receiver: string; detail: Text; waiting: number }
  | { type: 'works-again'; receiver: string; waiting: number }
  | { type: 'given-up'; receiver: string; detail: Text; count: number };

export interface Notifier {
  /** Never throws and never waits: it is put down in the next turn. */
  take(alert: Alert): void;
  /** Sends what is due. */
  tick(): void;
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>;
  test(name: string): Promise<SentTest>;
  state(): Pick<NotifyState, 'receivers' | 'rules' | 'mutes'>;
  /** What was taken and is not on disk yet is put there. */
  flush(): void;
  /** Nothing is sent any more. */
  stop(): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10 * 60_000;
/** As many failures in a row are no hiccup: about half a minute. */
const TELL_AFTER = 5;
/** A message that the receiver refuses. */
const MAX_REFUSALS = 5;
/** A weekend and a day. */
export const GIVE_UP_MS = 72 * 3_600_000;
const MAX_MAIL = 50;
/** Not on disk yet; one turn of the lab makes fewer. */
const MAX_PENDING = 10_000;

export function createNotifier(options: NotifierOptions): Notifier {
  const { outbox, config, alertOf, alertsSince, secretOf, isPhones, now, random = Math.random } = options;
  const { onChange = () => {}, onFault = () => {} } = options;
  const busy = new Map<string, Promise<void>>();
  let pending: Alert[] = [];
  /** Alerts before these were not looked at: they are found in the store, by their number. */
  let isBehind = true;
  let isStopped = false;

  function putDown(alert: Alert): void {
    const receivers = receiversFor(alert, config());
    const mute = receivers.length > 0 ? muteOf(alert, config(), now()) : null;
    outbox.put({ id: alert.id, seq: alert.seq, receivers, mute: mute?.name ?? null, now: now() });
  }

  function flush(): void {
    const taken = pending;
    pending = [];
    if (isBehind) {
      let page = alertsSince(outbox.seen()?.seq ?? 0);
      while (page.length > 0) {
        for (const alert of page) putDown(alert);
        page = alertsSince(page.at(-1)?.seq ?? 0);
      }
      isBehind = false;
    }
    for (const alert of taken) putDown(alert);
  }

  function flushSafely(): void {
    if (isStopped) return;
    try {
      flush();
      pump();
    } catch (error) {
      isBehind = true;
      onFault(error);
    }
  }

  function pump(): void {
    if (isStopped) return;
    for (const [name, receiver] of Object.entries(config().receivers)) {
      if (busy.has(name)) continue;
      if (outbox.facts(name).nextTry > now() || outbox.waiting(name, 1).length === 0) continue;
      const work = serve(name, receiver)
        .catch(onFault)
        .finally(() => busy.delete(name));
      busy.set(name, work);
    }
  }

  /** Until nothing waits, or it fails. */
  async function serve(name: string, receiver: Receiver): Promise<void> {
    const given = outbox.giveUpBefore(name, now() - GIVE_UP_MS, now());
    if (given > 0) onChange({ type: 'given-up', receiver: name, count: given, detail: text('sending.three-days') });
    while (!isStopped) {
      const due = lettersFor(name, receiver);
      if (due.length === 0) return;
      const notices = due.map(({ alert }) => noticeOf(alert, receiver));
      const outcome = await send(receiver, notices);
      // Whoever sends it next does so under the same id.
      if (isStopped) return;
      if (outcome.ok) delivered(name, due);
      else if (!failedToo(name, due, outcome)) return;
    }
  }

  /** What is to be sent now, as one message. */
  function lettersFor(name: string, receiver: Receiver): { letter: Waiting; alert: Alert }[] {
    const isMail = receiver.type === 'email';
    for (;;) {
      const letters = asTried(outbox.waiting(name, isMail ? MAX_MAIL : 1));
      const [oldest] = letters;
      if (oldest === undefined) return [];
      const isOpen = isMail && oldest.attempts === 0 && letters.length < MAX_MAIL;
      if (isOpen && now() - oldest.since < receiver.collectSeconds * 1000) return [];
      const due = letters.flatMap((letter) => {
        const alert = alertOf(letter.id);
        const mute = alert && muteOf(alert, config(), now());
        if (alert && !mute) return [{ letter, alert }];
        outbox.drop(name, letter.id);
        if (mute) outbox.held(mute.name, letter.id, now());
        return [];
      });
      if (due.length > 0) return due;
    }
  }

  function send(receiver: Receiver, notices: Notice[]): Promise<Outcome> {
    const guard = { isPrivate: receiver.private, isPhones };
    const [notice] = notices as [Notice];
    return receiver.type === 'email'
      ? sendEmail({ receiver, notices, secretOf, guard })
      : sendWebhook({ receiver, notice, secretOf, guard, now });
  }

  function delivered(name: string, due: readonly { letter: Waiting }[]): void {
    const { failures } = outbox.facts(name);
    for (const { letter } of due) outbox.sent(name, letter.id, now());
    if (failures >= TELL_AFTER)
      onChange({ type: 'works-again', receiver: name, waiting: outbox.account(name).waiting });
  }

  /** Whether to go on with the next one. */
  function failedToo(
    name: string,
    due: readonly { letter: Waiting }[],
    outcome: Exclude<Outcome, { ok: true }>,
  ): boolean {
    for (const { letter } of due) outbox.tried(name, letter.id);
    const { detail } = outcome;
    const hopeless = outcome.isRefused ? due.filter(({ letter }) => letter.attempts + 1 >= MAX_REFUSALS) : [];
    for (const { letter } of hopeless) outbox.giveUp(name, letter.id, now());
    if (hopeless.length > 0) onChange({ type: 'given-up', receiver: name, count: hopeless.length, detail });
    const before = outbox.facts(name);
    const failures = before.failures + 1;
    const wait = (outcome.isRefused ? undefined : outcome.retryAfterMs) ?? waitAfter(failures, random());
    outbox.note(name, {
      failures,
      failingSince: before.failingSince ?? now(),
      nextTry: hopeless.length > 0 ? 0 : now() + wait,
      lastError: JSON.stringify(detail),
    });
    if (failures === TELL_AFTER)
      onChange({ type: 'failing', receiver: name, detail, waiting: outbox.account(name).waiting });
    return hopeless.length > 0;
  }

  return {
    take(alert) {
      if (isStopped) return;
      if (pending.length >= MAX_PENDING) {
        pending = [];
        isBehind = true;
      }
      if (pending.push(alert) === 1) setImmediate(flushSafely);
    },
    tick: flushSafely,
    async idle() {
      flushSafely();
      while (busy.size > 0) await Promise.all(busy.values());
    },
    async test(name) {
      const receiver = config().receivers[name];
      if (!receiver) return tested(false, text('sending.no-receiver', { name }));
      const id = `test.${now()}`;
      const outcome = await send(receiver, [testNotice(id, new Date(now()).toISOString(), receiver.language)]);
      return outcome.ok ? tested(true, text('sending.took')) : tested(false, outcome.detail);
    },
    state() {
      const { receivers, rules, mutes } = config();
      return {
        receivers: Object.entries(receivers).map(([name, receiver]) => stateOf(name, receiver, outbox)),
        rules,
        mutes: mutes.map((mute) => ({ ...mute, held: outbox.heldBy(mute.name), isOver: isOver(mute, now()) })),
      };
    },
    flush,
    stop() {
      isStopped = true;
    },
  };
}

/** What was tried together goes together again: the same mail under the same id, should only the answer have been lost. */
function asTried(letters: Waiting[]): Waiting[] {
  const tried = letters.filter(({ attempts }) => attempts > 0);
  return tried.length > 0 ? tried : letters;
}

/** 1 s, 2 s, 4 s … up to ten minutes, give or take a fifth. */
export function waitAfter(failures: number, random: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(wait * (0.8 + 0.4 * random));
}

export function stateOf(name: string, receiver: Receiver, outbox: Outbox): NotifyState['receivers'][number] {
  const { waiting, dead, sent, dropped, failingSince, nextTry, lastError, lastSent } = outbox.account(name);
  const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
  return {
    name,
    type: receiver.type,
    where: whereOf(receiver),
    waiting,
    dead,
    sent,
    dropped,
    failingSince: iso(failingSince),
    nextTry: waiting > 0 && nextTry > 0 ? iso(nextTry) : null,
    ...errorOf(lastError),
    lastSent: iso(lastSent),
  };
}

/** As it is kept: a text as JSON; of an earlier version the English sentence. */
function errorOf(kept: string | null): { lastError: string | null; lastErrorText?: Text } {
  if (!kept?.startsWith('{"key":')) return { lastError: kept };
  const told = JSON.parse(kept) as Text;
  return { lastError: say(told), lastErrorText: told };
}

/** Never the whole address. */
function whereOf(receiver: Receiver): string {
  if (receiver.type === 'email') return receiver.server;
  const url = (receiver.url ?? TEMPLATES[receiver.template].url ?? '').replace(
    '{{value.server}}',
    receiver.values.server ?? '',
  );
  return url.startsWith('{{')
    ? receiver.template
    : (/^https?:\/\/([^/?#]*@)?([^/?#]+)/.exec(url)?.[2] ?? receiver.template);
}

const tested = (ok: boolean, why: Text) => ({ ok, detail: say(why), text: why });
