/** Ends of chains that labs signed, through ingestion into a real database. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { isSignedWith, keyNameOf, keyText, signedText } from '../../src/formats/signed-head.ts';
import { createApi } from '../../src/hub/api.ts';
import type { Database } from '../../src/hub/database.ts';
import { ingest } from '../../src/hub/ingest.ts';
import type { Received } from '../../src/hub/message.ts';
import { readStandings } from '../../src/hub/standing.ts';
import { type Checkpoint, readCheckpoint } from '../../src/model/checkpoint.ts';
import { SIGN_EVERY } from '../../src/sinks/evidence/chain.ts';
import { heartbeatOf } from '../../src/sinks/hub/messages.ts';
import { describeWith } from '../clients/tools.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { withHubDatabase } from './hub-database.ts';
import { NOW, openStoredLab, type StoredLab } from './stored-lab.ts';

const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const TIME = new Date(NOW).toISOString();

describeWith(['postgres'], 'what a lab signed', () => {
  let database: Database;
  let tokens: Record<string, string>;
  let open: StoredLab[];
  withHubDatabase(4, (hub) => {
    ({ database, tokens, open } = hub);
  });

  function newLab(lab: string, key: KeyObject | null): StoredLab {
    const opened = openStoredLab({ organisation: 'alpha', lab }, {}, key);
    open.push(opened);
    return opened;
  }
  const standing = async (lab: string) =>
    (await database.transact((client) => readStandings(client, 'alpha'))).find((each) => each.lab === lab);
  const askFor = async (path: string, organisation: string): Promise<{ heads: string[]; alerts: object[] }> => {
    const api = createApi({ database, isWell: () => true });
    const answer = await api.request(path, { headers: { authorization: `Bearer ${tokens[organisation]}` } });
    return (await answer.json()) as { heads: string[]; alerts: object[] };
  };
  const headsOf = async (lab: string, organisation = 'alpha'): Promise<string[]> =>
    (await askFor(`/api/labs/${lab}/heads`, organisation)).heads;
  /** A heartbeat that says this of a record was signed with a key. */
  function beatOf(
    lab: string,
    store: StoredLab,
    { position, hash, key }: { position: number; hash: string; key: KeyObject },
  ) {
    const history = store.store.epoch();
    const text = signedText(history, { position, hash: Buffer.from(hash, 'hex') }, TIME);
    const signed = {
      ...{ position, hash, time: TIME },
      key: keyText(createPublicKey(key)),
      signature: sign(null, text, key).toString('base64'),
    };
    const said = { version: '1', history, head: position, published: position, signed };
    return { ...heartbeatOf({ organisation: 'alpha', lab }, said, TIME), received: NOW } satisfies Received;
  }

  it('goes along, in whatever order it comes, and is what the lab itself holds against its store', async () => {
    const key = newKey();
    const lab = newLab('honest', key);
    for (let n = 0; n < SIGN_EVERY + 200; n++) lab.store.putFlows([labFlowRecord(`f${n}`, NOW - 60_000 + n)]);
    const messages = lab.messages();
    await ingest(database, messages.slice(600).toReversed());
    await ingest(database, [...messages.slice(0, 700), ...messages.slice(0, 10)]);
    await ingest(database, [lab.heartbeat()]);
    expect(await standing('honest')).toMatchObject({ chain: 'whole', forged: [], signed: { position: SIGN_EVERY } });
    lab.store.checkpoint();
    await ingest(database, [lab.heartbeat(), lab.heartbeat()]);
    const head = lab.reader.head();
    const name = keyNameOf(createPublicKey(key));
    expect(await standing('honest')).toMatchObject({ forged: [], signed: { position: head, key: name } });
    const heads = (await headsOf('honest')).map((line) => readCheckpoint(line) as Checkpoint);
    expect(heads.map(({ position }) => position)).toEqual([head, SIGN_EVERY, 1]);
    for (const one of heads) {
      expect(isSignedWith(createPublicKey(key), one)).toBe(true);
      expect(lab.reader.hashAt(one.position)).toBe(one.hash);
    }
    expect(await headsOf('honest', 'beta')).toEqual([]);
  });

  it('does not go along where a lab has no key, and nothing is wrong with it', async () => {
    const lab = newLab('unsigned', null);
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    await ingest(database, [...lab.messages(), lab.heartbeat()]);
    expect(await standing('unsigned')).toMatchObject({ chain: 'whole', signed: null, forged: [] });
  });

  it('is noted as forged where the signature does not fit, and what came with it is taken all the same', async () => {
    const lab = newLab('bad-signature', newKey());
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    const bent = lab.messages().map((message): Received => {
      const event = JSON.parse(Buffer.from(message.bytes).toString());
      if (event.data.signed) event.data.signed.time = '2026-01-01T00:00:00.000Z';
      return { ...message, bytes: Buffer.from(JSON.stringify(event)) };
    });
    await ingest(database, [...bent, ...bent]);
    expect(await standing('bad-signature')).toMatchObject({
      ...{ chain: 'whole', held: 0, signed: null, aside: {} },
      forged: [{ position: 1, why: 'signature' }],
    });
    const { alerts } = await askFor('/api/alerts?lab=bad-signature', 'alpha');
    expect(alerts).toHaveLength(1);
  });

  it('is noted as forged where another key signed than the first one', async () => {
    const lab = newLab('other-key', newKey());
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    await ingest(database, lab.messages());
    const position = lab.reader.head();
    const hash = lab.reader.hashAt(position) as string;
    await ingest(database, [lab.heartbeat(), beatOf('other-key', lab, { position, hash, key: newKey() })]);
    expect(await standing('other-key')).toMatchObject({
      ...{ chain: 'whole', signed: { position: 1 } },
      forged: [{ position, why: 'key' }],
    });
    expect(await headsOf('other-key')).toHaveLength(1);
  });

  it('is noted as forged where it is another record than the lab told, though its own key signed it', async () => {
    const key = newKey();
    const lab = newLab('other-record', key);
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    await ingest(database, [...lab.messages(), lab.heartbeat()]);
    for (const position of [1, lab.reader.head()])
      await ingest(database, [beatOf('other-record', lab, { position, hash: 'ab'.repeat(32), key })]);
    const { forged, signed } = (await standing('other-record')) ?? {};
    expect(forged?.map(({ why }) => why)).toEqual(['record', 'record']);
    expect(signed).toMatchObject({ position: 1 });
  });

  it('of records that did not come yet is left until they have', async () => {
    const key = newKey();
    const lab = newLab('early', key);
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    lab.store.checkpoint();
    const messages = lab.messages();
    const beat = lab.heartbeat();
    await ingest(database, [beat]);
    expect(await standing('early')).toMatchObject({ signed: null, forged: [] });
    await ingest(database, messages);
    await ingest(database, [beat]);
    expect(await standing('early')).toMatchObject({ signed: { position: lab.reader.head() }, forged: [] });
  });
});
