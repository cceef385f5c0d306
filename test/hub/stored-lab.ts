/** A lab's store on disk and what the lab would publish of it, without the lab. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyText } from '../../src/formats/signed-head.ts';
import type { Received } from '../../src/hub/message.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import type { Disclosure } from '../../src/sinks/hub/content.ts';
import { heartbeatOf, messagesOf, type Sender } from '../../src/sinks/hub/messages.ts';
import { openHubReader, prepareForReader } from '../../src/sinks/hub/reader.ts';

/** Of the evidence stores. */
export const STORE_KEY = Buffer.alloc(32, 7);
export const NOW = Date.UTC(2026, 10, 22, 12);
const GENESIS = '0'.repeat(64);

export function openStoredLab(sender: Sender, given: Partial<Disclosure> = {}, signingKey: KeyObject | null = null) {
  const directory = mkdtempSync(join(tmpdir(), 'hub-lab-'));
  const file = join(directory, 'evidence.db');
  const store = openSqliteStore({ file, key: STORE_KEY, ...(signingKey && { signingKey }) });
  const key = signingKey && keyText(createPublicKey(signingKey));
  prepareForReader(file);
  const reader = openHubReader(file);
  const disclosure: Disclosure = {
    key: Buffer.alloc(32, 1),
    isClear: false,
    modelOf: () => 'Nokia 7 Plus',
    firmwareOf: () => null,
    ...given,
  };
  let position = 0;
  let before = GENESIS;
  const arrive = ({ subject, bytes }: { subject: string; bytes: Uint8Array }): Received => ({
    subject,
    bytes,
    received: NOW,
  });
  return {
    store,
    reader,
    /** What was stored since this was last called. */
    messages(maxBytes = 1 << 20): Received[] {
      const records = reader.after(position, 10_000);
      const stretch = { history: store.epoch(), before, records };
      const messages = messagesOf(stretch, sender, disclosure, {
        ...{ maxBytes, time: new Date(NOW).toISOString(), key },
      });
      position = records.at(-1)?.position ?? position;
      before = records.at(-1)?.hash ?? before;
      return messages.map(arrive);
    },
    /** @param clock milliseconds by which the lab's is ahead */
    heartbeat(clock = 0): Received {
      const end = key === null ? null : reader.lastSigned(position);
      const said = {
        ...{ version: '1', history: store.epoch(), head: reader.head(), published: position },
        ...(end && key !== null && { signed: { ...end, key } }),
      };
      return arrive(heartbeatOf(sender, said, new Date(NOW + clock).toISOString()));
    },
    close() {
      reader.close();
      store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type StoredLab = ReturnType<typeof openStoredLab>;
