/**
 * What answers the API's requests, in a file of its own because it is loaded with the first of them: the library it
 * stands on needs Node's whole fetch library, together 8 MB.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Access } from './access.ts';
import { type ApiHooks, createApi } from './api.ts';
import type { LiveDependencies } from './dependencies.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createListener(
  services: LiveDependencies,
  access: Access,
  onError: (error: unknown) => void,
  hooks: ApiHooks,
): Listener {
  const app = createApi(services, access, onError, hooks);
  return getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      // A request nobody can read is its sender's fault: the log is not for strangers to fill.
      if (!(error instanceof RequestError)) onError(error);
      return Response.json({ error: 'the request could not be read' }, { status: 400 });
    },
  });
}
