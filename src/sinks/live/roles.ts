/**
 * Which role each address of the UI port asks for: the one table of rights. The types of `routes.ts` and a test hold it against
 * the real routes; what is not in it is the administrator's.
 * viewer: reads, masked · operator: works with phones and cases, sees values in clear · administrator: everything.
 */
import { ROLES, type Role } from '../../model/words.ts';

export type { Role };

/** Null: without a token. */
export const NEEDED = {
  'GET /api/health': null,
  'GET /sign-in': null,
  'POST /sign-in': null,
  'POST /sign-out': null,
  'GET /case': 'operator',
  'POST /case': 'operator',
  'GET /api/session': 'viewer',
  'DELETE /api/session': 'viewer',
  'POST /api/session/code': 'viewer',
  'POST /api/tokens/{id}/rotate': 'administrator',
  'GET /openapi.json': 'viewer',
  'GET /asyncapi.json': 'viewer',
  'GET /api/stats': 'viewer',
  'GET /metrics': 'viewer',
  'GET /api/alerts': 'viewer',
  'GET /api/alerts/live': 'viewer', // the WebSocket
  'GET /api/alerts/{id}': 'viewer',
  'POST /api/alerts/{id}/reveal': 'operator',
  'GET /api/search/alerts': 'viewer',
  'GET /api/search/latest-alerts': 'viewer',
  'GET /api/search/flows': 'viewer',
  'GET /api/search/flow-groups': 'viewer',
  'GET /api/flows': 'viewer',
  'GET /api/flows/{id}': 'viewer',
  'GET /api/flows/{id}/content': 'operator',
  'GET /api/flows/{id}/content/body': 'operator',
  'GET /api/flows/{id}/content/opened': 'operator',
  'GET /api/search/bodies': 'operator',
  'GET /api/coverage/apps': 'viewer',
  'GET /api/devices': 'viewer',
  'POST /api/devices': 'operator',
  'GET /api/devices/discovered': 'viewer',
  'GET /api/devices/{id}': 'viewer',
  'PUT /api/devices/{id}': 'operator',
  'PUT /api/devices': 'operator',
  'PATCH /api/devices/{id}': 'operator',
  'POST /api/devices/{id}/drop': 'operator',
  'DELETE /api/devices/{id}': 'operator',
  'POST /api/devices/{id}/forget': 'administrator',
  'GET /api/cases': 'viewer',
  'POST /api/cases': 'operator',
  'GET /api/cases/{id}': 'viewer',
  'PATCH /api/cases/{id}': 'operator',
  'DELETE /api/cases/{id}': 'operator',
  'POST /api/cases/{id}/marks': 'operator',
  'GET /api/plans': 'viewer',
  'GET /api/cases/{id}/plan': 'viewer',
  'POST /api/cases/{id}/plan': 'operator',
  'GET /api/cases/{id}/report': 'operator',
  'POST /api/cases/{id}/export': 'operator',
  'POST /api/packages/verify': 'operator',
  'GET /api/compare': 'operator',
  'GET /api/coverage': 'viewer',
  'GET /api/beacons': 'viewer',
  'GET /api/why': 'viewer',
  'GET /api/pins': 'viewer',
  'PUT /api/pins': 'operator',
  'GET /api/trust-tests': 'viewer',
  'POST /api/trust-tests': 'operator',
  'DELETE /api/trust-tests/{id}': 'operator',
  'GET /api/upstream-map': 'viewer',
  'POST /api/upstream-map': 'administrator',
  'DELETE /api/upstream-map': 'administrator',
  'GET /api/decoders': 'viewer',
  'GET /api/notify': 'viewer',
  'GET /api/notify/receivers/{id}': 'administrator',
  'PUT /api/notify/receivers/{id}': 'administrator',
  'DELETE /api/notify/receivers/{id}': 'administrator',
  'POST /api/notify/receivers/{id}/test': 'operator',
  'POST /api/notify/receivers/{id}/retry': 'operator',
  'PUT /api/notify/rules': 'administrator',
  'PUT /api/notify/mutes/{id}': 'operator',
  'DELETE /api/notify/mutes/{id}': 'operator',
  'PUT /api/notify/secrets/{id}': 'administrator',
  'GET /api/settings': 'viewer',
  'POST /api/databases': 'administrator',
  'DELETE /api/databases': 'administrator',
  'GET /api/way-in': 'operator', // holds the passphrase of the Wi-Fi
  'GET /api/audit': 'administrator',
  'POST /api/recordings': 'operator',
  'GET /api/replays': 'viewer',
  'POST /api/replays': 'operator',
} as const satisfies Record<string, Role | null>;

/** `METHOD /path` as in the table. */
export type RouteName = keyof typeof NEEDED;

const PATTERNS = Object.entries(NEEDED)
  .filter(([name]) => name.includes('{id}'))
  .map(([name, role]) => ({ pattern: new RegExp(`^${name.replace('{id}', '[^/]+')}$`), role: role as Role | null }));
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export interface Asked {
  method: string;
  path: string;
  /** Values in clear are asked for (`?reveal=true`). */
  reveals?: boolean;
}

/** The role that a request asks for; null: none. */
export function neededFor({ method, path, reveals = false }: Asked): Role | null {
  const name = `${method === 'HEAD' ? 'GET' : method} ${path}`;
  const exact: Role | null | undefined = Object.hasOwn(NEEDED, name) ? NEEDED[name as RouteName] : undefined;
  const role =
    exact === undefined ? (PATTERNS.find(({ pattern }) => pattern.test(name))?.role ?? 'administrator') : exact;
  return reveals && role === 'viewer' ? 'operator' : role;
}

/** Methods that something answers at this path; none: nothing is there. */
export function methodsAt(path: string): string[] {
  const isThere = (method: string): boolean => {
    const name = `${method} ${path}`;
    return Object.hasOwn(NEEDED, name) || PATTERNS.some(({ pattern }) => pattern.test(name));
  };
  return METHODS.filter(isThere).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

/** Whether a role may do what another one is needed for. */
export const covers = (has: Role, needs: Role): boolean => ROLES.indexOf(has) >= ROLES.indexOf(needs);
