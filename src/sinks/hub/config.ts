/** The file that says which hub a lab publishes to. Files it names lie beside it. Every problem is one line that says what to do. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Field, readDocument } from '../../formats/yaml-document.ts';
import { HUB_NAME } from '../../model/hub.ts';
import { LabError } from '../../model/lab.ts';

export interface HubConfig {
  /** `nats://` or `tls://`. */
  url: string;
  organisation: string;
  lab: string;
  /** A `.creds` file with JWT and nkey, or an nkey's seed; null: none. */
  credentials: { kind: 'creds' | 'nkey'; text: string } | null;
  /** PEM of the authority that signed the broker's certificate; null: those the system knows. */
  ca: string | null;
  /** 32 bytes. */
  key: Buffer;
  isClear: boolean;
  heartbeatMs: number;
  /** PEM of the public key that tables of the hub must be signed with; null: none are taken. */
  feedKey: string | null;
}

/** One line that says what is wrong with a secret file; null: nothing. */
export type SecretCheck = (path: string) => string | null;

const KEYS = [
  'url',
  'organisation',
  'lab',
  'credentials',
  'nkey',
  'ca',
  'key',
  'identifiers',
  'heartbeat-seconds',
  'feed-key',
];
const HEARTBEAT_S = 30;

/** @throws LabError naming file, line and field */
export function readHubConfig(file: string, secretProblem: SecretCheck): HubConfig {
  const { root, problems } = readDocument(readText(file, '--hub'));
  const fields = root?.entries(KEYS) ?? new Map<string, Field>();
  const value = (name: string): string | null => fields.get(name)?.text() ?? null;
  const fail = (name: string, problem: string): never => {
    throw new LabError(`${file}:${fields.get(name)?.line ?? 1}: ${name}: ${problem}`);
  };
  if (problems[0])
    throw new LabError(`${file}:${problems[0].line}: ${problems[0].field ?? 'the file'}: ${problems[0].problem}`);

  function named(name: string): string {
    const given = value(name) ?? '';
    return HUB_NAME.test(given) ? given : fail(name, 'needs a name of small letters, digits and hyphens, e.g. hanoi-1');
  }
  function secret(name: string): string | null {
    const given = value(name);
    if (given === null) return null;
    const path = resolve(dirname(file), given);
    const problem = secretProblem(path);
    return problem === null ? readText(path, name).trim() : fail(name, problem);
  }
  const url = value('url') ?? '';
  if (!/^(?:nats|tls):\/\/[^\s/]+$/.test(url)) fail('url', 'needs the broker, e.g. tls://hub.example.org:4222');
  const key = secret('key') ?? '';
  if (!/^[0-9a-f]{64}$/.test(key))
    fail('key', 'needs a file of 64 hex digits, the same in all labs of the organisation: openssl rand -hex 32');
  const identifiers = value('identifiers') ?? 'pseudonyms';
  if (identifiers !== 'pseudonyms' && identifiers !== 'clear') fail('identifiers', 'needs pseudonyms or clear');
  const heartbeat = Number(value('heartbeat-seconds') ?? HEARTBEAT_S);
  if (!(heartbeat >= 1 && heartbeat <= 3600)) fail('heartbeat-seconds', 'needs a number from 1 to 3600');
  const [creds, nkey] = [secret('credentials'), secret('nkey')];
  if (creds !== null && nkey !== null) fail('nkey', 'give either credentials or nkey');
  const ca = value('ca');
  const feedKey = value('feed-key');
  return {
    url,
    organisation: named('organisation'),
    lab: named('lab'),
    credentials: creds !== null ? { kind: 'creds', text: creds } : nkey !== null ? { kind: 'nkey', text: nkey } : null,
    ca: ca === null ? null : readText(resolve(dirname(file), ca), 'ca'),
    key: Buffer.from(key, 'hex'),
    isClear: identifiers === 'clear',
    heartbeatMs: heartbeat * 1000,
    feedKey: feedKey === null ? null : readText(resolve(dirname(file), feedKey), 'feed-key'),
  };
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LabError(`${what}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code}): check the path`);
  }
}
