/** Who may ask: signing in and out, tokens. */
import * as lab from '../../../model/schemas/lab.ts';
import { CODE_QUERY } from '../queries.ts';
import * as bodies from '../request-schemas.ts';
import type { Routes } from './route.ts';

export const accessRoutes = {
  'GET /sign-in': {
    summary: 'Signs a browser in by a one-time address, and leads it to `/`.',
    query: CODE_QUERY,
    answer: null,
    status: 303,
    means: 'Signed in.',
    refuses: 403,
  },
  'POST /sign-in': {
    summary: 'Signs a browser in; a form with `token` is led to `/`.',
    body: bodies.signIn,
    answer: lab.session,
    means: 'Signed in; the cookie is for this browser only.',
    refuses: 401,
  },
  'POST /sign-out': {
    summary: 'Signs a browser out from a form, and leads it to `/`.',
    answer: null,
    status: 303,
    means: 'Signed out.',
    refuses: 403,
  },
  'GET /api/session': { summary: 'Who asks.', answer: lab.session, means: 'The role of the token or session.' },
  'DELETE /api/session': { summary: 'Signs out.', answer: null, status: 204, means: 'Signed out.' },
  'POST /api/session/code': {
    summary:
      'A one-time address that signs a browser in, good for a minute, or for as many as are asked for (15 at most).',
    body: bodies.signInCode,
    answer: lab.signInCode,
    status: 201,
    means: 'To be opened once. `role`: not more than the own one.',
  },
  'POST /api/tokens/{id}/rotate': {
    summary: 'Replaces the token of a role (`id`); the old one and its sessions end at once.',
    answer: lab.roleToken,
    means: 'The new one.',
    conflicts: true,
  },
} satisfies Routes;
