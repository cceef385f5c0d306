/** AsyncAPI 3.0 description of the live WebSocket, made of its frames when `/asyncapi.json` is first asked for. */
import { frames } from '../../model/schemas/lab.ts';
import { createJsonSchemas } from './json-schemas.ts';
import { LIVE_QUERY } from './queries.ts';

export function describeLive() {
  const schemas = createJsonSchemas(Object.values(frames));
  const messages = Object.entries(frames).map(([name, frame]) => {
    const { description, ...payload } = schemas.of(frame);
    return [name, { name, summary: description, contentType: 'application/json', payload }] as const;
  });
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Phonehome live alerts',
      version: '1',
      description:
        'Token (a viewer’s is enough) in `Authorization: Bearer`, or as subprotocol `bearer.TOKEN`, or the cookie of a browser that signed in. Close code 4401: the token was replaced or the session is over. WebSocket pings every 20 s; a client that misses two is cut off.',
    },
    channels: {
      live: {
        address: '/api/alerts/live',
        messages: Object.fromEntries(messages.map(([name]) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: {
          ws: {
            query: {
              type: 'object',
              properties: Object.fromEntries(
                Object.entries(LIVE_QUERY).map(([name, { schema, description }]) => [name, { ...schema, description }]),
              ),
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
    components: { messages: Object.fromEntries(messages), schemas: schemas.components },
  };
}
