/** OpenAPI 3.1 description of the HTTP API, made of its routes when `/openapi.json` is first asked for. */
import { z } from 'zod';
import { refusal } from '../../model/schemas/lab.ts';
import { createJsonSchemas, type JsonSchema, type JsonSchemas } from './json-schemas.ts';
import { NEEDED, type RouteName } from './roles.ts';
import type { Route } from './routes/route.ts';
import { ROUTES } from './routes.ts';

const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

export function describeApi() {
  const schemas = createJsonSchemas(
    Object.values(ROUTES).flatMap(({ answer, body }) => [answer, body].filter((one) => one instanceof z.ZodType)),
  );
  const paths: Record<string, JsonSchema> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    paths[path] ??= path.includes('{id}') ? { parameters: [id] } : {};
    paths[path][method.toLowerCase()] = operation(route, name as RouteName, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Phonehome',
      version: '1',
      description:
        'What a phone tells whom. Values of identifiers are masked; revealing is an audited request of its own.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description:
            'Content of DATA/token (administrator), DATA/token.operator or DATA/token.viewer, created at first start.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'phonehome_PORT',
          description: 'Of a browser that signed in; it changes things with an Origin and the header `X-Phonehome: 1`.',
        },
      },
      schemas: schemas.components,
    },
  };
}

function operation(route: Route, name: RouteName, schemas: JsonSchemas): JsonSchema {
  const { summary, answer, means, status = 200, query = {}, needsQuery = false, body, refuses } = route;
  const role = NEEDED[name];
  const open = role === null;
  const content = (schema: z.ZodType) => ({ 'application/json': { schema: schemas.of(schema) } });
  const refused = (description: string) => ({ description, content: content(refusal) });
  const told =
    typeof answer === 'string'
      ? { content: { [answer]: { schema: { type: 'string' } } } }
      : answer && { content: content(answer) };
  const parameters = Object.entries(query).map(([name, { schema, description }]) => ({
    name,
    in: 'query',
    required: needsQuery,
    schema,
    description,
  }));
  return {
    summary,
    ...(open
      ? { security: [] }
      : { 'x-role': role, description: `Needs the token of the ${role}, or a stronger one.` }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { required: true, content: typeof body === 'string' ? { [body]: {} } : content(body) } }
      : {}),
    responses: {
      [status]: { description: means, ...told },
      ...(open
        ? {}
        : { '400': refused('The request is not understood.'), '401': refused('The token is missing or wrong.') }),
      ...(open ? {} : { '403': refused('The role is not enough, or a foreign Origin.') }),
      ...(refuses ? { [refuses]: refused('Not signed in.') } : {}),
      ...(name.includes('{id}') || needsQuery ? { '404': refused('No such id.') } : {}),
      ...(route.conflicts ? { '409': refused('Not possible in this state.') } : {}),
      '421': refused('Unknown Host.'),
    },
  };
}
