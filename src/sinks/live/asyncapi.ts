/** AsyncAPI 3.0 description of the live WebSocket, served at `/asyncapi.json`. A test validates it and real frames. */
import { ALERT_TYPES, SEVERITIES } from '../../model/alert.ts';
import { KINDS } from '../../model/identifier.ts';
import { SCHEMAS } from './json-schemas.ts';

const seq = { type: 'integer', minimum: 0 };
const message = (type: string, summary: string, properties: Record<string, unknown>) => ({
  name: type,
  summary,
  contentType: 'application/json',
  payload: {
    type: 'object',
    properties: { type: { const: type }, ...properties },
    required: ['type', ...Object.keys(properties)],
  },
});

export const asyncApi = {
  asyncapi: '3.0.0',
  info: {
    title: 'Phonehome live alerts',
    version: '1',
    description:
      'Token in `Authorization: Bearer`, or as subprotocol `bearer.TOKEN`. WebSocket pings every 20 s; a client that misses two is cut off.',
  },
  channels: {
    live: {
      address: '/api/alerts/live',
      messages: {
        hello: { $ref: '#/components/messages/hello' },
        alert: { $ref: '#/components/messages/alert' },
        gap: { $ref: '#/components/messages/gap' },
      },
      bindings: {
        ws: {
          query: {
            type: 'object',
            properties: {
              since: { ...seq, description: 'First everything with a greater `seq`; without it only what is new.' },
              device: { type: 'string' },
              case: { type: 'string' },
              kind: { type: 'string', enum: [...KINDS] },
              type: { type: 'string', enum: [...ALERT_TYPES] },
              severity: { type: 'string', enum: [...SEVERITIES], description: 'This severity or worse.' },
            },
          },
        },
      },
    },
  },
  operations: {
    watch: {
      action: 'send',
      summary: 'What the lab sends; it expects nothing.',
      channel: { $ref: '#/channels/live' },
    },
  },
  components: {
    messages: {
      hello: message('hello', 'Always first: the latest `seq`.', { v: { const: 1 }, seq }),
      alert: message('alert', 'A new alert, or a newer version of one with the same id.', {
        alert: { $ref: '#/components/schemas/Alert' },
      }),
      gap: message('gap', 'These were not sent: fetch them with GET /api/alerts?since=FROM-1.', { from: seq, to: seq }),
    },
    schemas: SCHEMAS,
  },
};
