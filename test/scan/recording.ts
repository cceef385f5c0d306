/** Recordings written for a test, and what a reader makes of them. */
import { writeFileSync } from 'node:fs';
import { say } from '../../src/formats/say.ts';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { Missing, Recorded } from '../../src/model/scan.ts';
import { readRecordings } from '../../src/scan/recordings.ts';

/** What is missing of an entry, as it is said in English. */
export type Read = Exclude<Recorded, { type: 'entry' }> | (Omit<Entry, 'missing'> & { missing: string[] });
type Entry = Extract<Recorded, { type: 'entry' }>;

export async function readAll(...paths: string[]): Promise<Read[]> {
  const all: Read[] = [];
  for await (const recorded of readRecordings(paths, recordingReaders)) {
    if (recorded.type === 'entry') all.push({ ...recorded, missing: recorded.missing.map(saidMissing) });
    else if (recorded.type !== 'progress') all.push(recorded);
  }
  return all;
}

const saidMissing = ({ why, advice }: Missing): string => say(why) + (advice ? ` (${say(advice)})` : '');

export interface Exchange {
  method: string;
  url: string;
  protocol: string;
  ip: string | null;
  encrypted: boolean;
  headers: [string, string][];
  body: string;
  status: number | null;
  responseBody: string;
  messages: string[];
}

/** What the events of one entry say, in short; throws when they break the promise of a flow. */
export function exchangeIn(events: FlowEvent[]): Exchange {
  const [first, ...rest] = events;
  if (first?.type !== 'flow-opened') throw new Error('no flow-opened first');
  if (rest.filter((event) => event.type === 'flow-closed').length !== 1 || rest.at(-1)?.type !== 'flow-closed')
    throw new Error('not one flow-closed last');
  if (rest.some((event) => event.type === 'flow-opened' || event.flowId !== first.flow.id))
    throw new Error('events of another flow');
  const head = rest.find((event) => event.type === 'request-head');
  const response = rest.find((event) => event.type === 'response-head');
  const bytes = (direction: string) =>
    Buffer.concat(
      rest.flatMap((event) => (event.type === 'body-chunk' && event.direction === direction ? [event.bytes] : [])),
    );
  return {
    method: head?.method ?? '',
    url: head ? `${head.scheme}://${head.authority}${head.target}` : '',
    protocol: head?.protocol ?? '',
    ip: first.flow.destination.ip,
    encrypted: first.flow.encrypted,
    headers: head?.headers ?? [],
    body: bytes('request').toString('latin1'),
    status: response?.status ?? null,
    responseBody: bytes('response').toString('latin1'),
    messages: rest.flatMap((event) =>
      event.type === 'message' ? [`${event.direction} ${event.label} ${event.bytes.toString('latin1')}`] : [],
    ),
  };
}

export function harEntry(change: { request?: object; response?: object } & Record<string, unknown> = {}): object {
  const { request, response, ...more } = change;
  return {
    startedDateTime: '2026-11-22T10:00:00.000Z',
    serverIPAddress: '42.62.48.10',
    request: {
      method: 'POST',
      url: 'http://zzhc.vnet.cn/report?a=1',
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'X-Imei', value: '490154203237518' }],
      cookies: [],
      ...request,
    },
    response: { status: 200, headers: [], content: { size: 0 }, ...response },
    ...more,
  };
}

export function writeHar(file: string, entries: object[]): string {
  writeFileSync(file, JSON.stringify({ log: { version: '1.2', creator: { name: 'test', version: '1' }, entries } }));
  return file;
}
