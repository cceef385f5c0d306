/**
 * OpenAPI 3.1 description of the HTTP API, served at `/openapi.json`. A test holds it against the real routes and
 * every answer against its schema.
 */
import { ALERT_TYPES, SEVERITIES } from '../../model/alert.ts';
import { KINDS } from '../../model/identifier.ts';
import { PIN_OVERRIDES } from '../../model/pin.ts';
import { TRUST_TESTS } from '../../model/trust-test.ts';
import { SCHEMAS } from './json-schemas.ts';

type Schema = Record<string, unknown>;

const ref = (name: keyof typeof SCHEMAS) => ({ $ref: `#/components/schemas/${name}` });
const listOf = (name: keyof typeof SCHEMAS) => ({ type: 'array', items: ref(name) });
const wrap = (key: string, schema: Schema, more: Record<string, Schema> = {}) => ({
  type: 'object',
  properties: { [key]: schema, ...more },
  required: [key, ...Object.keys(more)],
});
const json = (schema: Schema, description: string) => ({ description, content: { 'application/json': { schema } } });
const body = (schema: Schema) => ({ required: true, content: { 'application/json': { schema } } });
const error = (description: string) => json(ref('Error'), description);

const query = (name: string, schema: Schema, description: string) => ({ name, in: 'query', schema, description });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const reveal = query('reveal', { type: 'boolean' }, 'Values in clear; stands in the audit.');
const limit = query('limit', { type: 'integer', minimum: 1, maximum: 2000, default: 500 }, 'At most this many.');

const TROUBLE = {
  '400': error('The request is not understood.'),
  '401': error('The token is missing or wrong.'),
  '403': error('Foreign Origin.'),
  '421': error('Unknown Host.'),
};
const NOT_FOUND = { '404': error('No such id.') };
const CONFLICT = { '409': error('Not possible in this state.') };
const removed = { responses: { '204': { description: 'Removed.' }, ...NOT_FOUND, ...TROUBLE } };

const operation = (summary: string, responses: Schema, more: Schema = {}) => ({
  summary,
  ...more,
  responses: { ...responses, ...TROUBLE },
});

const DEVICE_BODY = body({ type: 'object', description: 'One item of `devices:` as in the devices file.' });
const TITLE = { type: 'string', minLength: 1, maxLength: 200 };

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Phonehome',
    version: '1',
    description:
      'What a phone tells whom. Values of identifiers are masked; revealing is an audited request of its own.',
    license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
  },
  servers: [{ url: '/' }],
  security: [{ token: [] }],
  paths: {
    '/api/health': {
      get: {
        summary: 'Whether the lab runs.',
        security: [],
        responses: { '200': json(wrap('status', { const: 'ok' }), 'It does.'), '421': TROUBLE['421'] },
      },
    },
    '/openapi.json': { get: operation('This description.', { '200': json({ type: 'object' }, 'OpenAPI 3.1.') }) },
    '/asyncapi.json': {
      get: operation('The WebSocket, described.', { '200': json({ type: 'object' }, 'AsyncAPI 3.0.') }),
    },
    '/api/stats': {
      get: operation('Queues, drops, memory.', { '200': json({ type: 'object' }, 'Plain numbers.') }),
    },
    '/metrics': {
      get: operation('The same for Prometheus.', {
        '200': { description: 'Text format 0.0.4.', content: { 'text/plain': { schema: { type: 'string' } } } },
      }),
    },
    '/api/alerts': {
      get: operation(
        'Alerts in the order of their current `seq`.',
        { '200': json(wrap('alerts', listOf('Alert'), { seq: { type: 'integer' } }), '`seq`: the latest one stored.') },
        {
          parameters: [
            query('since', { type: 'integer', minimum: 0 }, 'Only those with a greater `seq`.'),
            query('device', { type: 'string' }, 'Of this device.'),
            query('case', { type: 'string' }, 'Of this case.'),
            query('kind', { enum: [...KINDS] }, 'About this kind of identifier.'),
            query('type', { enum: [...ALERT_TYPES] }, 'Of this type.'),
            query('severity', { enum: [...SEVERITIES] }, 'This severity or worse.'),
            query('flow', { type: 'string' }, 'With evidence in this flow.'),
            limit,
            query('newest', { type: 'boolean' }, 'Newest first.'),
          ],
        },
      ),
    },
    '/api/alerts/{id}': {
      parameters: [id],
      get: operation('One alert.', { '200': json(ref('Alert'), 'Its current version.'), ...NOT_FOUND }),
    },
    '/api/alerts/{id}/reveal': {
      parameters: [id],
      post: operation('The value in clear. Stands in the audit.', {
        '200': json(ref('Secret'), 'Value, the text as it stood there, and the bytes around it.'),
        ...NOT_FOUND,
        ...CONFLICT,
      }),
    },
    '/api/flows': {
      get: operation(
        'Flows, newest first.',
        { '200': json(wrap('flows', listOf('Flow')), 'Open ones included.') },
        {
          parameters: [
            query('device', { type: 'string' }, 'Of this device.'),
            query('host', { type: 'string' }, 'A part of the host name.'),
            query('after', { type: 'integer' }, 'Opened at or after, milliseconds since the epoch.'),
            query('before', { type: 'integer' }, 'Opened before: `openedAt` of the last one pages back.'),
            limit,
          ],
        },
      ),
    },
    '/api/flows/{id}': {
      parameters: [id],
      get: operation('One flow with its alerts.', {
        '200': json({ allOf: [ref('Flow'), wrap('alerts', listOf('Alert'))] }, 'The flow.'),
        ...NOT_FOUND,
      }),
    },
    '/api/devices': {
      get: operation(
        'Registered phones.',
        { '200': json(wrap('devices', listOf('Device')), 'Masked.'), ...CONFLICT },
        { parameters: [reveal] },
      ),
      post: operation(
        'Registers a phone, or replaces it.',
        { '201': json(ref('Device'), 'Registered.') },
        { requestBody: DEVICE_BODY },
      ),
    },
    '/api/devices/discovered': {
      get: operation("Phones met on the lab's network, the latest first; empty while no gateway is up.", {
        '200': json(wrap('phones', listOf('DiscoveredPhone')), 'Registered ones included: they have a `deviceId`.'),
      }),
    },
    '/api/devices/{id}': {
      parameters: [id],
      get: operation(
        'One phone.',
        { '200': json(ref('Device'), 'Masked.'), ...NOT_FOUND, ...CONFLICT },
        { parameters: [reveal] },
      ),
      put: operation(
        'Registers a phone under this id, or replaces it.',
        { '200': json(ref('Device'), 'Registered.') },
        { requestBody: DEVICE_BODY },
      ),
      delete: { summary: 'Forgets a phone.', ...removed },
    },
    '/api/cases': {
      get: operation('Test runs, oldest first.', {
        '200': json(wrap('cases', listOf('Case')), 'Closed ones included.'),
      }),
      post: operation(
        'Opens a case.',
        { '201': json(ref('Case'), 'Open from now on.'), ...CONFLICT },
        {
          requestBody: body({
            type: 'object',
            properties: { title: TITLE, deviceId: { type: ['string', 'null'] }, label: { type: ['string', 'null'] } },
            required: ['title'],
            additionalProperties: false,
          }),
        },
      ),
    },
    '/api/cases/{id}': {
      parameters: [id],
      get: operation('One case.', { '200': json(ref('Case'), 'With its marks.'), ...NOT_FOUND }),
      patch: operation(
        'Closes a case.',
        { '200': json(ref('Case'), 'Closed.'), ...NOT_FOUND, ...CONFLICT },
        { requestBody: body(wrap('closed', { const: true })) },
      ),
      delete: { summary: 'Removes a case; its alerts stay.', ...removed },
    },
    '/api/cases/{id}/marks': {
      parameters: [id],
      post: operation(
        'Begins a phase, e.g. `boot`, `before-consent`, `after-consent`.',
        { '201': json(ref('Case'), 'With the new mark.'), ...NOT_FOUND, ...CONFLICT },
        { requestBody: body(wrap('phase', { type: 'string', minLength: 1, maxLength: 60 })) },
      ),
    },
    '/api/coverage': {
      get: operation('How much of each phone could be looked into.', {
        '200': json(wrap('coverage', listOf('Coverage')), 'One entry per device.'),
      }),
    },
    '/api/beacons': {
      get: operation('Contacts phones make by themselves: at regular intervals, after a mark, while idle.', {
        '200': json(
          wrap('beacons', listOf('Beacon'), { reactions: listOf('Reaction'), idle: listOf('IdleContact') }),
          'Since the lab started. `chance` is an upper bound of the probability that it is one.',
        ),
      }),
    },
    '/api/pins': {
      get: operation("Apps that refuse the lab's certificate.", {
        '200': json(wrap('pins', listOf('Pin')), 'Per device and name.'),
      }),
      put: operation(
        'Decides for an app: always pass through, never, or as it behaves.',
        { '200': json(ref('Pin'), 'The state now.') },
        {
          requestBody: body({
            type: 'object',
            properties: {
              device: { type: 'string' },
              name: { type: 'string' },
              override: { enum: [...PIN_OVERRIDES] },
            },
            required: ['device', 'name', 'override'],
            additionalProperties: false,
          }),
        },
      ),
    },
    '/api/trust-tests': {
      get: operation('Tests of apps with a bad certificate on purpose, and how they went.', {
        '200': json(wrap('trustTests', listOf('TrustTest')), 'Newest first.'),
      }),
      post: operation(
        'Shows the next connection of a phone to a name a bad certificate, once, within a time limit.',
        { '201': json(ref('TrustTest'), 'Waiting for a connection.'), ...CONFLICT },
        {
          requestBody: body({
            type: 'object',
            properties: {
              device: { type: 'string' },
              name: { type: 'string' },
              test: { enum: [...TRUST_TESTS] },
              minutes: { type: 'number', exclusiveMinimum: 0, maximum: 1440, default: 10 },
            },
            required: ['device', 'name', 'test'],
            additionalProperties: false,
          }),
        },
      ),
    },
    '/api/trust-tests/{id}': {
      parameters: [id],
      delete: { summary: 'Calls a waiting test off.', ...removed },
    },
    '/api/upstream-map': {
      get: operation('Hosts that are dialled elsewhere; flows to them are simulated.', {
        '200': json(wrap('entries', listOf('UpstreamEntry')), 'All entries.'),
      }),
      post: operation(
        'Adds entries, or replaces those of the same host and port.',
        { '201': json(wrap('entries', listOf('UpstreamEntry')), 'All entries.') },
        { requestBody: body({ anyOf: [listOf('UpstreamEntry'), wrap('entries', listOf('UpstreamEntry'))] }) },
      ),
      delete: {
        summary: 'Removes one entry.',
        parameters: [
          { ...query('host', { type: 'string' }, 'Of the entry.'), required: true },
          { ...query('port', { type: 'integer' }, 'Of the entry.'), required: true },
        ],
        ...removed,
      },
    },
    '/api/decoders': {
      get: operation('Decoders the operator supplied.', {
        '200': json(wrap('decoders', listOf('Decoder')), 'Never their keys.'),
      }),
    },
    '/api/replays': {
      get: operation('Reported cases that can be played.', { '200': json(wrap('replays', listOf('Replay')), 'All.') }),
      post: operation(
        'Plays cases through this lab; answers when they are over.',
        { '200': json(wrap('outcomes', listOf('ReplayOutcome')), 'In the same order.') },
        { requestBody: body(wrap('cases', { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 50 })) },
      ),
    },
  },
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', description: 'Content of DATA/token, created at first start.' },
    },
    schemas: SCHEMAS,
  },
};
