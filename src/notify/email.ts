/** Sends what waits as one mail, by nodemailer. Plain text only: nothing a phone or server wrote becomes markup or a header. */
import { readFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import type { Email } from '../model/notify.ts';
import { text } from '../model/text.ts';
import { SEVERITIES } from '../model/words.ts';
import { DestinationError, type Guard, resolveAllowed } from './destination.ts';
import { type Notice, wordsIn } from './notice.ts';
import { failed, type Outcome, refused } from './outcome.ts';
import { SecretError } from './webhook.ts';

const TIMEOUT_MS = 15_000;
const BETWEEN = '\n\n----\n\n';
/** Who has not got a mail that others got, by its receiver and id: those alone get it again. Forgotten with the process. */
const left = new LRUCache<string, string[]>({ max: 1000 });

export interface EmailOptions {
  receiver: Email;
  /** At least one, oldest first. */
  notices: readonly Notice[];
  /** @throws SecretError */
  secretOf: (file: string) => string;
  guard: Guard;
}

export async function sendEmail({ receiver, notices, secretOf, guard }: EmailOptions): Promise<Outcome> {
  const { server, port, tls, user, password, from, to, caFile } = receiver;
  try {
    const address = await resolveAllowed(server, guard);
    // Loaded when somebody wants mail.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host: address,
      port,
      secure: tls === 'direct',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { servername: server, ...(caFile ? { ca: readFileSync(caFile) } : {}) },
      ...(user ? { auth: { user, pass: password ? secretOf(password) : '' } } : {}),
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const [first] = notices as [Notice];
    const messageId = `<${first.id}.${notices.length}@phonehome.lab>`;
    const key = JSON.stringify([server, port, to, messageId]);
    const { rejected, rejectedErrors } = await transport.sendMail({
      from,
      to: left.get(key) ?? to,
      subject: subjectOf(notices, receiver.language),
      text: notices.map(({ text }) => text).join(BETWEEN),
      // The same mail again has the same id: servers and readers know it.
      messageId,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    left.delete(key);
    if (rejected.length === 0) return { ok: true };
    left.set(key, rejected.map(addressOf));
    return failed(
      text('sending.rejected', {
        code: rejectedErrors?.[0]?.responseCode ?? '–',
        names: left.get(key)?.join(', ') ?? '',
      }),
    );
  } catch (error) {
    return outcomeOf(error as Error & { code?: string; responseCode?: number });
  }
}

const addressOf = (one: string | { address: string }): string => (typeof one === 'string' ? one : one.address);

function subjectOf(notices: readonly Notice[], language: Email['language']): string {
  const say = wordsIn(language);
  const [worst] = notices.toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  const title = worst?.title ?? '';
  return notices.length === 1 ? say('mail-one', { title }) : say('mail-more', { count: notices.length, title });
}

function outcomeOf(error: Error & { code?: string; responseCode?: number }): Outcome {
  if (error instanceof SecretError || error instanceof DestinationError) return failed(error.why);
  const { code = error.name, responseCode } = error;
  if (code === 'EAUTH') return failed(text('sending.login'));
  if (code === 'EMESSAGE')
    return refused(
      responseCode === undefined ? text('sending.long-mail') : text('sending.mail', { code: responseCode }),
    );
  if (code === 'ETLS') return failed(text('sending.no-tls'));
  return failed(
    responseCode === undefined
      ? text('sending.unreachable', { code: code ?? error.name })
      : text('sending.server', { code: responseCode }),
  );
}
