/**
 * The redacted twin: every identifier of the phones of a case replaced by a pseudonym, the same one for the same value wherever it
 * stands. What is registered, and what the lab found, is searched for by the detector's own search in every encoding and hash; then
 * the detector looks at the result as it would at traffic, and what it still finds is replaced as well. What cannot be replaced is left
 * out and said: after it nothing is found.
 */
import { createHmac } from 'node:crypto';
import type { Side, WholeExchange } from '../export/exchanges.ts';
import { pseudonym } from '../formats/pseudonym.ts';
import { createInspector } from '../inspect/inspector.ts';
import { judgeImage } from '../inspect/photo/photo-judge.ts';
import { normalise, prepareKnown } from '../inspect/search/known.ts';
import { createTextTest } from '../inspect/text-test.ts';
import { registry } from '../kinds/registry.ts';
import type { Device, RegisteredIdentifiers } from '../model/device.ts';
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import type { Evidence, Finding } from '../model/identifier.ts';
import { openCoded, type Replacing, redactBytes, redactText } from './redacted-bytes.ts';
import { merged } from './scanner.ts';

export interface KnownValue {
  kind: string;
  value: string;
  /** As it stood there. */
  seen: string;
  masked: string;
}

export interface Redaction {
  pseudonymOf(kind: string, value: string): string;
  /** An address of a phone in the lab: one of documentation (RFC 5737) takes its place. */
  address(ip: string): void;
  /** Texts anywhere in plain data; bytes become none. */
  data<T>(value: T): T;
  /** With heads, bodies and messages; `leftOut`: what could not be made free of identifiers. */
  exchange(given: WholeExchange): { exchange: WholeExchange; leftOut: string[] };
}

interface Options {
  devices: readonly Device[];
  /** What was found in the case. */
  found: readonly KnownValue[];
  /** Secret of the installation: pseudonyms of one lab agree from package to package. */
  key: Buffer;
}

/** Shorter texts would be replaced in words that mean something else. */
const LEAST_TEXT = 5;
const ROUNDS = 5;

export function createRedaction({ devices, found, key }: Options): Redaction {
  const device = withFound(merged(devices), found);
  const known = device && prepareKnown(device, registry);
  const test = createTextTest(device);
  const further = new Map<string, string>();
  let sorted: { text: string; pseudonym: string }[] | null = null;
  const addresses = new Map<string, string>();
  const remembered = new Map<string, string>();

  function pseudonymOf(kind: string, value: string): string {
    const digest = createHmac('sha256', key)
      .update(`pseudonym ${kind} ${normalise(value)}`)
      .digest();
    return pseudonym(kind, digest);
  }

  function learn(kind: string, value: string, ...texts: string[]): boolean {
    const place = pseudonymOf(kind, value);
    let isNew = false;
    for (const text of texts) {
      if (text.length < LEAST_TEXT || further.has(text) || text.startsWith('redacted-')) continue;
      further.set(text, place);
      isNew = true;
    }
    if (isNew) {
      sorted = null;
      remembered.clear();
    }
    return isNew;
  }
  for (const { kind, value, seen, masked } of found) learn(kind, value, seen, masked, ...partsOf(kind, value));

  const how: Replacing = {
    known,
    pseudonymOf,
    further() {
      sorted ??= [...further]
        .map(([text, place]) => ({ text, pseudonym: place }))
        .toSorted((a, b) => b.text.length - a.text.length);
      return sorted;
    },
  };

  function text(given: string): string {
    const before = remembered.get(given);
    if (before !== undefined) return before;
    let redacted = redactText(given, how);
    for (const [ip, place] of addresses) redacted = withoutAddress(redacted, ip, place);
    const shown = test.tells(redacted) ? 'redacted' : redacted;
    if (remembered.size > 20_000) remembered.clear();
    if (given.length < 500) remembered.set(given, shown);
    return shown;
  }

  function data<T>(value: T): T {
    return mapped(value) as T;
  }
  function mapped(value: unknown): unknown {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : 0;
    if (value instanceof Uint8Array) return Buffer.alloc(0);
    if (Array.isArray(value)) return value.map(mapped);
    if (value instanceof Map) return new Map([...value].map(([name, one]) => [mapped(name), mapped(one)]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [text(name), mapped(one)]));
  }

  const find = finderOf(device);

  /** A head, a body or a message on its own, until nothing is found in it. False: something always is. */
  function settle(parcel: Parcel): boolean {
    for (let round = 0; round < ROUNDS; round++) {
      redactParcel(parcel, how);
      const { findings, isPartial } = find(parcel);
      if (findings.length === 0) return !isPartial;
      let isNew = false;
      for (const { identifier, value, seen } of findings)
        isNew = learn(identifier.kind, value, seen, ...partsOf(identifier.kind, value)) || isNew;
      // What the detector cannot look into has no text of its own: the field goes.
      for (const { evidence } of findings) isNew = blank(parcel, evidence) || isNew;
      if (!isNew) return false;
    }
    return false;
  }

  function exchange(given: WholeExchange): ReturnType<Redaction['exchange']> {
    const leftOut: string[] = [];
    const { head, answer } = given;
    const asked = redactSide(
      given.request,
      head ? { target: head.target, authority: head.authority, headers: head.headers } : NO_HEAD,
      'request',
      leftOut,
    );
    const answered = redactSide(given.response, { ...NO_HEAD, headers: answer?.headers ?? [] }, 'response', leftOut);
    const messages = given.messages.flatMap((message) => {
      const parcel: Parcel = { ...NO_HEAD, body: message.bytes };
      if (settle(parcel)) return [{ ...message, label: text(message.label), bytes: parcel.body }];
      leftOut.push('a message');
      return [];
    });
    const { target, authority, headers } = asked.parcel;
    return {
      exchange: {
        ...given,
        head: head && { ...head, target, authority, headers },
        answer: answer && { ...answer, headers: answered.parcel.headers },
        request: asked.side,
        response: answered.side,
        messages,
        missingMessages: given.missingMessages + given.messages.length - messages.length,
      },
      leftOut,
    };
  }

  function redactSide(
    side: Side,
    head: Omit<Parcel, 'body'>,
    direction: Direction,
    leftOut: string[],
  ): { side: Side; parcel: Parcel } {
    const parcel: Parcel = { ...head, body: side.body };
    if (settle(parcel)) return { side: { ...side, body: parcel.body }, parcel };
    const alone: Parcel = { ...head, body: NO_BYTES };
    leftOut.push(`the body of the ${direction}`);
    if (settle(alone)) return { side: withoutBody(side), parcel: alone };
    leftOut.push(`the head of the ${direction}`);
    return {
      side: withoutBody(side),
      parcel: { target: '/', authority: 'redacted.invalid', headers: [], body: NO_BYTES },
    };
  }

  function address(ip: string): void {
    if (addresses.has(ip) || ip === '') return;
    const count = addresses.size % 254;
    addresses.set(ip, ip.includes(':') ? `2001:db8::${count + 1}` : `192.0.2.${count + 1}`);
    remembered.clear();
  }
  for (const { match } of devices) if (match.ip !== null) address(match.ip);
  for (const { match } of devices) if (match.mac !== null) learn('wifi_mac', match.mac, match.mac);

  return { pseudonymOf, address, data, exchange };
}

/** A position or a cell stands in several fields. */
function partsOf(kind: string, value: string): string[] {
  return kind === 'location' || kind === 'cell' ? [value, ...(value.match(/-?\d+(?:\.\d+)?/g) ?? [])] : [value];
}

const NO_BYTES = Buffer.alloc(0);
const withoutBody = (side: Side): Side => ({ ...side, body: NO_BYTES, missing: side.missing + side.body.length });

/** Something of which the detector can say whether anything is in it. */
interface Parcel {
  target: string;
  authority: string;
  headers: [string, string][];
  body: Buffer;
}

const NO_HEAD = { target: '/', authority: '', headers: [] as [string, string][] };

function redactParcel(parcel: Parcel, how: Replacing): void {
  const codings = parcel.headers
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .map(([, value]) => value);
  const opened = codings.length === 1 && parcel.body.length > 0 ? openCoded(parcel.body, codings[0] as string) : null;
  if (opened) {
    const plain = redactBytes(opened.plain, how);
    if (plain !== opened.plain) parcel.body = opened.squeeze(plain);
  } else parcel.body = redactBytes(parcel.body, how);
  parcel.target = redactText(parcel.target, how);
  parcel.authority = redactText(parcel.authority, how);
  parcel.headers = parcel.headers.map(([name, value]) => [redactText(name, how), redactText(value, how)]);
}

/** Takes the value of a named field of the head. False: it is in none, or was taken before. */
function blank(parcel: Parcel, { where, path }: Evidence): boolean {
  const before = JSON.stringify([parcel.target, parcel.headers]);
  const name = (path ?? '').replace(/^(?:header|cookie|query):/, '');
  if (where === 'query' && name !== '') {
    const named = (field: string): boolean =>
      field.slice(0, field.indexOf('=')) === encodeURIComponent(name) || field.startsWith(`${name}=`);
    const [place = '', query = ''] = /^([^?]*)\?(.*)$/s.exec(parcel.target)?.slice(1) ?? [];
    const fields = query
      .split('&')
      .map((field) => (named(field) ? `${field.slice(0, field.indexOf('='))}=left-out` : field));
    if (place !== '') parcel.target = `${place}?${fields.join('&')}`;
  }
  if (where === 'header' || where === 'cookie')
    parcel.headers = parcel.headers.map(([field, value]) =>
      field.toLowerCase() === (where === 'cookie' ? 'cookie' : name.toLowerCase())
        ? [field, 'left-out']
        : [field, value],
    );
  return JSON.stringify([parcel.target, parcel.headers]) !== before;
}

/** The detector over one parcel, as if the phone had sent it. */
function finderOf(device: Device | null): (parcel: Parcel) => { findings: Finding[]; isPartial: boolean } {
  const inspector = createInspector({ deviceFor: () => device, judgeImage });
  let count = 0;
  return ({ target, authority, headers, body }) => {
    const flowId = `redacted ${count++}`;
    const common = { flowId, exchange: 0, time: 0 };
    const events: FlowEvent[] = [
      { type: 'flow-opened', flow: flowOf(flowId), time: 0 },
      {
        type: 'request-head',
        ...common,
        protocol: 'http/1.1',
        method: 'POST',
        target,
        scheme: 'https',
        authority,
        headers,
      },
      ...(body.length > 0
        ? [{ type: 'body-chunk' as const, ...common, direction: 'request' as const, bytes: body }]
        : []),
      { type: 'body-end', ...common, direction: 'request', trailers: [], complete: true },
      { type: 'flow-closed', flowId, time: 0, reason: 'ended', detail: null, bytesUp: 0, bytesDown: 0 },
    ];
    const results = events.flatMap((event) => inspector.push(event));
    return {
      findings: results.flatMap((one) => (one.type === 'finding' ? [one.finding] : [])),
      isPartial: results.some(({ type }) => type === 'partially-scanned'),
    };
  };
}

const flowOf = (id: string): Flow => ({
  id,
  openedAt: 0,
  engine: 'wire',
  client: { ip: '127.0.0.1', port: 1 },
  deviceId: 'redacted',
  arrival: 'unknown',
  treatment: 'intercept',
  treatmentReason: null,
  destination: { host: 'redacted.invalid', port: 443, ip: null },
  encrypted: true,
  intercepted: true,
  hello: null,
  simulated: false,
});

/** One phone with the values of all, and those that were found without being registered. */
function withFound(registered: Device | null, found: readonly KnownValue[]): Device | null {
  if (registered === null && found.length === 0) return null;
  const identifiers: Record<string, unknown[]> = { ...registered?.identifiers };
  for (const { kind, value } of found) {
    if (kind === 'location' || kind === 'cell' || !registry.some((one) => one.kind === kind)) continue;
    const values = identifiers[kind] ?? [];
    if (!values.includes(value)) identifiers[kind] = [...values, value];
  }
  return {
    id: 'redacted',
    model: null,
    match: { ip: null, mac: null, default: true },
    canaries: { contacts: [], messages: [], photos: [] },
    salts: [],
    ...registered,
    identifiers: identifiers as RegisteredIdentifiers,
  };
}

function withoutAddress(text: string, ip: string, place: string): string {
  if (!text.includes(ip)) return text;
  return text.replaceAll(new RegExp(`(?<![\\w.:])${ip.replaceAll('.', '\\.')}(?![\\w:]|\\.\\d)`, 'g'), place);
}
