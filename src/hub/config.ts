/** The hub's own file. Files it names lie beside it. Every problem is one line that says what to do. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { labError } from '../formats/refusal.ts';
import { readValues } from '../formats/yaml-document.ts';
import { text } from '../model/text.ts';
import { type FleetRule, RULES } from './rules.ts';

const rule = z.strictObject({
  name: z.string().min(1).max(120),
  units: z.coerce.number().int().min(1),
  labs: z.coerce.number().int().min(1).default(1),
  per: z.enum(['model', 'firmware']).default('model'),
  kind: z.string().optional(),
  company: z.string().optional(),
  country: z.string().length(2).optional(),
  model: z.string().optional(),
});

const fields = z.strictObject({
  nats: z.strictObject({
    url: z.string().regex(/^(?:nats|tls):\/\/[^\s/]+$/, 'needs the broker, e.g. tls://127.0.0.1:4222'),
    nkey: z.string().optional(),
    credentials: z.string().optional(),
    ca: z.string().optional(),
  }),
  database: z.string().regex(/^postgres(?:ql)?:\/\//, 'needs postgresql://USER@HOST/DATABASE'),
  'password-file': z.string().optional(),
  host: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65535).default(8090),
  consumers: z.coerce.number().int().min(1).max(16).default(2),
  rules: z.array(rule).max(100).optional(),
  'keep-months': z.coerce.number().int().min(1).max(1200).optional(),
  'stream-gigabytes': z.coerce.number().min(0.01).max(10_000).default(10),
});

export interface HubServerConfig {
  nats: {
    url: string;
    credentials: { kind: 'creds' | 'nkey'; text: string } | null;
    /** PEM. */
    ca: string | null;
  };
  database: { url: string; password: string | null };
  host: string;
  /** 0: any free one. */
  port: number;
  /** Batches taken from the stream at a time. */
  consumers: number;
  /** What the broker keeps for a hub that is away; a full one refuses, and labs wait. */
  streamBytes: number;
  rules: readonly FleetRule[];
  /** Alerts and connections of older months go; null: none. */
  keepMonths: number | null;
}

/** @throws LabError */
export function readHubServerConfig(file: string): HubServerConfig {
  const read = readValues(readText(file), 'typed');
  if (!read.ok)
    throw labError(
      text('hub.file', { file, line: read.problem.line, problem: read.problem.text ?? read.problem.problem }),
    );
  const parsed = fields.safeParse(read.value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0] as z.core.$ZodIssue;
    const [line, field] = [read.lineOf(...(path as string[])), path.join('.') || 'the file'];
    throw labError(text('hub.file', { file, line, problem: `${field}: ${message}` }));
  }
  const beside = (name: string | undefined): string | null =>
    name === undefined ? null : readText(resolve(dirname(file), name));
  const { nats, database, host, port, consumers } = parsed.data;
  const [nkey, creds] = [beside(nats.nkey), beside(nats.credentials)];
  return {
    nats: {
      url: nats.url,
      credentials: creds ? { kind: 'creds', text: `${creds}\n` } : nkey ? { kind: 'nkey', text: nkey.trim() } : null,
      ca: beside(nats.ca),
    },
    database: { url: database, password: beside(parsed.data['password-file'])?.trim() ?? null },
    host,
    port,
    consumers,
    streamBytes: Math.round(parsed.data['stream-gigabytes'] * 1e9),
    rules: parsed.data.rules ?? RULES,
    keepMonths: parsed.data['keep-months'] ?? null,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw labError(text('hub.unread', { file: path, error: (error as NodeJS.ErrnoException).code ?? '' }));
  }
}
