/** The places of a request where a value may stand, as flow events around one encoded value. */

import type { FlowEvent } from '../src/model/flow.ts';
import type { Where } from '../src/model/identifier.ts';
import { labFlow } from '../test/inspect/lab-phone.ts';

export interface Placement {
  name: string;
  where: Where;
  carries: 'text' | 'bytes';
  /** The events of one flow that carries the value; `key` stands beside it where the place has names. */
  events(value: Buffer, key: string): FlowEvent[];
}

const FLOW = 'f';
const base = { flowId: FLOW, exchange: 1, time: 0 } as const;

function request(target: string, headers: [string, string][], body: Buffer | null): FlowEvent[] {
  return [
    labFlow(FLOW),
    {
      ...base,
      type: 'request-head',
      protocol: 'http/1.1',
      method: 'POST',
      target,
      scheme: 'http',
      authority: 'vendor.example',
      headers: [['Host', 'vendor.example'], ...headers],
    },
    ...(body ? [{ ...base, type: 'body-chunk', direction: 'request', bytes: body } as const] : []),
    { ...base, type: 'body-end', direction: 'request', trailers: [], complete: true },
  ];
}

const latin1 = (value: Buffer): string => value.toString('latin1');
/** What a sender must escape so that the place is not broken. */
const inUrl = (value: Buffer): string =>
  latin1(value).replace(
    /[^A-Za-z0-9\-._~%:+!$'()*,;@]/g,
    (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
const post = (type: string, body: string | Buffer, more: [string, string][] = []): FlowEvent[] =>
  request('/collect', [['Content-Type', type], ...more], Buffer.from(body));

export const withCoding = (coding: string, body: Buffer): FlowEvent[] =>
  post('application/json', body, [['Content-Encoding', coding]]);

export const placements: Placement[] = [
  {
    name: 'path',
    where: 'path',
    carries: 'text',
    events: (value) => request(`/v1/device/${inUrl(value)}/info`, [], null),
  },
  {
    name: 'query',
    where: 'query',
    carries: 'text',
    events: (value, key) => request(`/c?a=1&${key}=${inUrl(value)}&z=2`, [], null),
  },
  {
    name: 'header',
    where: 'header',
    carries: 'text',
    events: (value, key) => request('/c', [[`X-${key}`, latin1(value).replace(/[\r\n]+/g, '')]], null),
  },
  {
    name: 'cookie',
    where: 'cookie',
    carries: 'text',
    events: (value, key) =>
      request('/c', [['Cookie', `a=1; ${key}=${inUrl(value).replaceAll(';', '%3B')}; b=2`]], null),
  },
  {
    name: 'JSON',
    where: 'body',
    carries: 'text',
    events: (value, key) => post('application/json', JSON.stringify({ a: 1, b: [{ [key]: value.toString('utf8') }] })),
  },
  {
    name: 'form',
    where: 'body',
    carries: 'text',
    events: (value, key) => post('application/x-www-form-urlencoded', `a=1&${key}=${inUrl(value)}&z=2`),
  },
  {
    name: 'text',
    where: 'body',
    carries: 'text',
    events: (value, key) =>
      post(
        'text/plain',
        Buffer.concat([Buffer.from(`report of today; ${key}=`), value, Buffer.from('; end of report\n')]),
      ),
  },
  {
    name: 'XML',
    where: 'body',
    carries: 'text',
    events: (value, key) =>
      post(
        'text/xml',
        Buffer.concat([Buffer.from(`<?xml version="1.0"?><r><${key}>`), value, Buffer.from(`</${key}></r>`)]),
      ),
  },
  {
    name: 'multipart',
    where: 'body',
    carries: 'bytes',
    events: (value, key) =>
      post(
        'multipart/form-data; boundary=qq',
        Buffer.concat([
          Buffer.from(`--qq\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n`),
          value,
          Buffer.from('\r\n--qq--\r\n'),
        ]),
      ),
  },
  { name: 'body', where: 'body', carries: 'bytes', events: (value) => post('application/octet-stream', value) },
  {
    name: 'message',
    where: 'message',
    carries: 'bytes',
    events: (value) => [
      labFlow(FLOW),
      {
        ...base,
        type: 'message',
        direction: 'request',
        protocol: 'websocket',
        label: 'binary',
        bytes: value,
        final: true,
      },
    ],
  },
  {
    name: 'raw',
    where: 'raw',
    carries: 'bytes',
    events: (value) => [
      labFlow(FLOW),
      {
        flowId: FLOW,
        time: 0,
        type: 'raw-bytes',
        direction: 'request',
        bytes: Buffer.concat([Buffer.from([0, 1, 2, 3, 0xfe, 0xff]), value, Buffer.from([0xff, 0, 7])]),
      },
    ],
  },
];
