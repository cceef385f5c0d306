/** What names of header fields say about their values. Promise: bounded; equal names give the same object. */

/** Values fixed by protocol or browser: searched for registered values, never judged by shape. */
const DULL = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'dnt',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'origin',
  'pragma',
  'priority',
  'range',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-version',
  'te',
  'transfer-encoding',
  'upgrade',
  'upgrade-insecure-requests',
  'via',
]); // prettier-ignore

export interface Field {
  lower: string;
  isDull: boolean;
}

/** Spellings of field names met lately: apps have few, hostile ones many. */
const fieldNames = new Map<string, Field>();
const MAX_FIELD_NAMES = 1024;

export function fieldNamed(name: string): Field {
  let field = fieldNames.get(name);
  if (!field) {
    const lower = name.toLowerCase();
    field = { lower, isDull: DULL.has(lower) };
    if (fieldNames.size >= MAX_FIELD_NAMES) fieldNames.clear();
    if (name.length <= LONGEST_FIELD_NAME) fieldNames.set(name, field);
  }
  return field;
}

const LONGEST_FIELD_NAME = 64;
