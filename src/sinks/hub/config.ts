/** The file that says which hub a lab publishes to. Files it names lie beside it. Every problem is one line that says what to do. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { labError } from '../../formats/refusal.ts';
import { type Field, readDocument } from '../../formats/yaml-document.ts';
import { HUB_NAME } from '../../model/hub.ts';
import { type Text, text } from '../../model/text.ts';

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
export type SecretCheck = (path: string) => Text | null;

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
const ADDRESS = /^(?:nats|tls):\/\/[^\s/]+$/;

/** Of a broker, and not a file's name. */
export const isBrokerAddress = (given: string): boolean => ADDRESS.test(given);

/**
 * @param address the broker's, in place of the file's `url`; null: as the file says
 * @throws LabError naming file, line and field
 */
export function readHubConfig(file: string, secretProblem: SecretCheck, address: string | null = null): HubConfig {
  const { root, problems } = readDocument(readText(file, '--hub'));
  const fields = root?.entries(KEYS) ?? new Map<string, Field>();
  const value = (name: string): string | null => fields.get(name)?.text() ?? null;
  const failAt = (line: number, field: string | Text, problem: string | Text): never => {
    throw labError(text('hub.file.field', { file, line, field, problem }));
  };
  const fail = (name: string, problem: Text): never => failAt(fields.get(name)?.line ?? 1, name, problem);
  const [first] = problems;
  if (first) failAt(first.line, first.field ?? text('hub.file.whole'), first.text ?? first.problem);

  function named(name: string): string {
    const given = value(name) ?? '';
    return HUB_NAME.test(given) ? given : fail(name, text('hub.file.name'));
  }
  function secret(name: string): string | null {
    const given = value(name);
    if (given === null) return null;
    const path = resolve(dirname(file), given);
    const problem = secretProblem(path);
    return problem === null ? readText(path, name).trim() : fail(name, problem);
  }
  const url = address ?? value('url') ?? '';
  if (!isBrokerAddress(url)) fail('url', text('hub.file.url'));
  const key = secret('key') ?? '';
  if (!/^[0-9a-f]{64}$/.test(key)) fail('key', text('hub.file.key'));
  const identifiers = value('identifiers') ?? 'pseudonyms';
  if (identifiers !== 'pseudonyms' && identifiers !== 'clear') fail('identifiers', text('hub.file.identifiers'));
  const heartbeat = Number(value('heartbeat-seconds') ?? HEARTBEAT_S);
  if (!(heartbeat >= 1 && heartbeat <= 3600)) fail('heartbeat-seconds', text('hub.file.heartbeat'));
  const [creds, nkey] = [secret('credentials'), secret('nkey')];
  if (creds !== null && nkey !== null) fail('nkey', text('hub.file.either'));
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
    throw labError(text('hub.file.unread', { what, file: path, code: (error as NodeJS.ErrnoException).code ?? '' }));
  }
}
