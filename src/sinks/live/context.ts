/** One request of the API: its socket, and who sends it. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { Caller } from './access.ts';

export interface Bindings {
  Bindings: { incoming: IncomingMessage };
  /** Null where nobody needs to be known. */
  Variables: { caller: Caller | null };
}

export type Ctx = Context<Bindings>;
