/**
 * A message of the stream, read and held against what it claims. Promise: never throws; what is not understood or not believed is
 * named, so that it is kept aside whole. Text that PostgreSQL does not hold (NUL, halves of surrogate pairs) is replaced.
 */
import type { z } from 'zod';
import {
  type ChainSignature,
  HUB_KINDS,
  HUB_NAME,
  type HubAlert,
  type HubCoverage,
  type HubFlow,
  type HubForgotten,
  type HubGap,
  type HubHeartbeat,
} from '../model/hub.ts';
import { HUB_CONTENT, hubEvent, hubHeartbeat } from '../model/schemas/hub.ts';
import { type Run, runOf } from './chains.ts';

export interface Received {
  subject: string;
  bytes: Uint8Array;
  /** When the broker got it, milliseconds since the epoch. */
  received: number;
}

export type Content =
  | { kind: 'alert'; content: HubAlert }
  | { kind: 'flow'; content: HubFlow }
  | { kind: 'coverage'; content: HubCoverage }
  | { kind: 'gap'; content: HubGap }
  | { kind: 'forgotten'; content: HubForgotten }
  | { kind: 'chain'; content: null };

interface Common extends Received {
  organisation: string;
  lab: string;
  /** By the lab's clock. */
  time: string;
}

export type Told =
  | (Common & { heartbeat: HubHeartbeat })
  | (Common & {
      heartbeat: null;
      history: string;
      run: Run;
      /** Of the end of the run; null: it was not signed there. */
      signed: ChainSignature | null;
      said: Content;
    });

export const WHY_ASIDE = ['newer', 'unreadable', 'forged', 'unknown organisation', 'refused by the database'] as const;
/** Tried again after an update, or when an organisation was added. */
export const WAITING: readonly string[] = ['newer', 'unknown organisation'];
export type WhyAside = (typeof WHY_ASIDE)[number];
export type Aside = Received & { why: WhyAside; detail: string };

export type Read = { ok: true; told: Told } | { ok: false; aside: Aside };

const SUBJECT = /^phonehome\.([^.]+)\.([^.]+)\.([^.]+)$/;
const TYPE = /^phonehome\.([a-z]+)\.v(\d+)$/;
const VERSION = 1;
const ESCAPED = /\\u(?:0000|d[89a-f])/i;

export function readMessage(received: Received): Read {
  const aside = (why: WhyAside, detail: string): Read => ({ ok: false, aside: { ...received, why, detail } });
  const [, organisation = '', lab = '', kind = ''] = SUBJECT.exec(received.subject) ?? [];
  if (!HUB_NAME.test(organisation) || !HUB_NAME.test(lab)) return aside('unreadable', 'no subject of a lab');
  let value: unknown;
  try {
    const text = Buffer.from(received.bytes).toString('utf8');
    // UTF-8 holds no halves, and JSON no NUL, but as escapes; asking each value costs as much as reading them.
    value = ESCAPED.test(text)
      ? JSON.parse(text, (_, each) => (typeof each === 'string' ? storable(each) : each))
      : JSON.parse(text);
  } catch {
    return aside('unreadable', 'no JSON');
  }
  const said = value as { type?: unknown; source?: unknown } | null;
  const [, ofType = '', version = ''] = TYPE.exec(String(said?.type)) ?? [];
  if (said?.source !== `/phonehome/${organisation}/${lab}` || ofType !== kind)
    return aside('forged', 'its envelope names another sender or kind than its subject');
  if (Number(version) > VERSION || !(HUB_KINDS as readonly string[]).includes(kind))
    return aside('newer', `${kind} of version ${version}`);
  const event = hubEvent.safeParse(value);
  if (!event.success) return aside('unreadable', firstProblem(event.error));
  const { time, data } = event.data;
  const common: Common = { ...received, organisation, lab, time };
  if (kind === 'heartbeat') {
    const heartbeat = hubHeartbeat.safeParse(data.content);
    if (!heartbeat.success) return aside('unreadable', firstProblem(heartbeat.error));
    return { ok: true, told: { ...common, heartbeat: heartbeat.data } };
  }
  const content = HUB_CONTENT[kind as keyof typeof HUB_CONTENT].safeParse(data.content);
  if (!content.success) return aside('unreadable', firstProblem(content.error));
  const run = data.chain && runOf(data.chain);
  if (!run) return aside('forged', 'its links do not lead to its hash');
  const { history } = data.chain as { history: string };
  return {
    ok: true,
    told: {
      ...common,
      ...{ heartbeat: null, history, run },
      signed: data.signed ?? null,
      said: { kind, content: content.data } as Content,
    },
  };
}

function firstProblem({ issues }: z.ZodError): string {
  const [issue] = issues;
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'another shape';
}

const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();
