/**
 * What the API accepts: bodies by zod schemas (loaded with the first body: zod costs 8 MB), queries by hand.
 * A wrong input is an `InputError` of one line that names the field; it never quotes a value.
 */
import { BlockList, isIP } from 'node:net';
import { ALERT_TYPES, SEVERITIES } from '../../model/alert.ts';
import { KINDS } from '../../model/identifier.ts';
import { PIN_OVERRIDES } from '../../model/pin.ts';
import { TRUST_TESTS } from '../../model/trust-test.ts';
import type { AlertQuery, FlowQuery } from '../evidence/store.ts';

export class InputError extends Error {
  override name = 'InputError';
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `127.0.0.1:18080` or `[::1]:18080`: through the API nothing but this machine can be dialled. */
export function isLoopbackDial(dial: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(dial);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? 0);
  const family = isIP(address);
  return family !== 0 && port > 0 && port < 65536 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

async function makeSchemas() {
  const { z } = await import('zod');
  const text = z.string().trim().min(1).max(200);
  const host = z.string().trim().toLowerCase().min(1).max(253);
  const port = z.int().min(1).max(65535);
  const upstreamEntry = z.strictObject({
    host,
    port,
    dial: z.string().max(60).refine(isLoopbackDial, 'must be a loopback address with a port, e.g. 127.0.0.1:18080'),
    address: z.string().refine((address) => isIP(address) !== 0, 'must be an IP address'),
  });
  return {
    openCase: z.strictObject({
      title: text,
      deviceId: text.nullish().transform((value) => value ?? null),
      label: text.nullish().transform((value) => value ?? null),
    }),
    changeCase: z.strictObject({ closed: z.literal(true) }),
    mark: z.strictObject({ phase: text.max(60) }),
    pin: z.strictObject({ device: text, name: host, override: z.enum(PIN_OVERRIDES) }),
    trustTest: z.strictObject({
      device: text,
      name: host,
      test: z.enum(TRUST_TESTS),
      minutes: z.number().positive().max(1440).default(10),
    }),
    upstream: z
      .union([z.array(upstreamEntry), z.strictObject({ entries: z.array(upstreamEntry) })])
      .transform((given) => (Array.isArray(given) ? given : given.entries))
      .refine((entries) => entries.length > 0 && entries.length <= 100, 'must hold 1 to 100 entries'),
    replays: z.strictObject({ cases: z.array(text).min(1).max(50) }),
    device: z.looseObject({}),
  };
}

type Schemas = Awaited<ReturnType<typeof makeSchemas>>;
let schemas: Promise<Schemas> | null = null;

/** The body as the schema gives it back. @throws InputError */
export async function readBody<K extends keyof Schemas>(
  kind: K,
  body: unknown,
): Promise<ReturnType<Schemas[K]['parse']>> {
  schemas ??= makeSchemas();
  const result = (await schemas)[kind].safeParse(body);
  if (result.success) return result.data as ReturnType<Schemas[K]['parse']>;
  throw new InputError(explain(result.error.issues));
}

interface Issue {
  path: PropertyKey[];
  message: string;
  code?: string;
  errors?: Issue[][];
}

function explain(issues: readonly Issue[]): string {
  const [first] = issues;
  if (first === undefined) return 'the body is not what this address takes: see /openapi.json';
  // Of a union the branch that got furthest tells what was meant.
  if (first.code === 'invalid_union' && first.errors !== undefined) {
    const deepest = first.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    return explain(deepest ?? []);
  }
  const field = first.path.length === 0 ? 'the body' : first.path.join('.');
  return `${field}: ${first.message}; see /openapi.json`;
}

export function readAlertQuery(query: Record<string, string>): AlertQuery {
  return defined({
    since: integer(query, 'since'),
    device: query.device,
    case: query.case,
    kind: oneOf(query, 'kind', KINDS),
    type: oneOf(query, 'type', ALERT_TYPES),
    severity: oneOf(query, 'severity', SEVERITIES),
    flow: query.flow,
    limit: integer(query, 'limit'),
    newest: flag(query, 'newest'),
  });
}

export function readFlowQuery(query: Record<string, string>): FlowQuery {
  return defined({
    device: query.device,
    host: query.host,
    after: integer(query, 'after'),
    before: integer(query, 'before'),
    limit: integer(query, 'limit'),
  });
}

export function integer(query: Record<string, string>, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new InputError(`${name}: give a whole number from 0 on`);
  return Number(text);
}

export function flag(query: Record<string, string>, name: string): boolean | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (text !== 'true' && text !== 'false') throw new InputError(`${name}: give true or false`);
  return text === 'true';
}

function oneOf<T extends string>(query: Record<string, string>, name: string, allowed: readonly T[]): T | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!allowed.includes(text as T)) throw new InputError(`${name}: give one of ${allowed.join(', ')}`);
  return text as T;
}

function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
