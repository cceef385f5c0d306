/** What the hub can prove of labs by the links of their chains, through ingestion into a real database. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyNameOf } from '../../src/formats/signed-head.ts';
import type { Database } from '../../src/hub/database.ts';
import { ingest } from '../../src/hub/ingest.ts';
import { acceptKey } from '../../src/hub/keys.ts';
import { proveLab } from '../../src/hub/proof.ts';
import { dropOld } from '../../src/hub/retention.ts';
import { readStandings } from '../../src/hub/standing.ts';
import type { PackageChain } from '../../src/model/hub.ts';
import { SIGN_EVERY } from '../../src/sinks/evidence/chain.ts';
import { describeWith } from '../clients/tools.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { withHubDatabase } from './hub-database.ts';
import { NOW, openStoredLab, type StoredLab } from './stored-lab.ts';

const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

describeWith(['postgres'], 'what the hub can prove of a lab', () => {
  let database: Database;
  let open: StoredLab[];
  withHubDatabase(4, (hub) => {
    ({ database, open } = hub);
  });
  function newLab(lab: string, key: KeyObject | null = newKey()): StoredLab {
    const opened = openStoredLab({ organisation: 'alpha', lab }, {}, key);
    open.push(opened);
    return opened;
  }
  const prove = async (lab: string, given: PackageChain | null = null) =>
    (await database.transact((client) => proveLab(client, { organisation: 'alpha', lab }, given))).histories;
  const change = (sql: string, lab: string) =>
    database.transact((client) =>
      client.query(`${sql} WHERE lab_id = (SELECT id FROM hub.labs WHERE name = '${lab}') RETURNING 1`),
    );
  /** As a package of all its records would hold them. */
  function packageOf({ store, reader }: StoredLab, changedAt = Number.POSITIVE_INFINITY): PackageChain {
    const hashes = reader.after(0, 10_000).map(({ position, hash }) => {
      const bytes = Buffer.from(hash, 'hex');
      // Whoever changes a record reckons every hash behind it anew.
      if (position >= changedAt) bytes[0] = (bytes[0] as number) ^ 1;
      return bytes;
    });
    return { epoch: store.epoch(), first: 1, hashes: Buffer.concat(hashes) };
  }
  async function publish(lab: StoredLab, flows = 20): Promise<void> {
    for (let n = 0; n < flows; n++) lab.store.putFlows([labFlowRecord(`f${n}`, NOW - 60_000 + n)]);
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    lab.store.checkpoint();
    await ingest(database, [...lab.messages(), lab.heartbeat()]);
  }

  it('is every record, also of what stays in the shop, whatever order and however often messages came', async () => {
    const lab = newLab('honest');
    for (let n = 0; n < SIGN_EVERY + 50; n++) lab.store.putFlows([labFlowRecord(`f${n}`, NOW - 60_000 + n)]);
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    const messages = lab.messages();
    await ingest(database, messages.slice(700).toReversed());
    expect((await prove('honest'))[0]?.unheld[0]?.from).toBe(1);
    await ingest(database, [...messages, ...messages.slice(0, 10)]);
    const [proof, ...others] = await prove('honest', packageOf(lab));
    expect(others).toEqual([]);
    const records = lab.reader.head();
    expect(proof).toMatchObject({ records, compared: records, unheld: [], problem: null });
    expect(proof?.rows).toBeGreaterThan(SIGN_EVERY);
    expect(proof?.signed).toMatchObject({ position: SIGN_EVERY });
  });

  it('is that a lab changed a record since: the first one that its package holds otherwise', async () => {
    const lab = newLab('changed-later');
    await publish(lab);
    expect((await prove('changed-later', packageOf(lab)))[0]).toMatchObject({ problem: null });
    expect((await prove('changed-later', packageOf(lab, 7)))[0]).toMatchObject({
      compared: 6,
      problem: { position: 7, what: 'package' },
    });
  });

  it('compares no package of another store', async () => {
    const lab = newLab('other-store');
    await publish(lab);
    expect((await prove('other-store', { ...packageOf(lab, 1), epoch: 'ab'.repeat(8) }))[0]).toMatchObject({
      compared: 0,
      problem: null,
    });
  });

  it.each([
    ['a link', 'link', 'UPDATE hub.links SET links = set_byte(links, 20, get_byte(links, 20) # 1)'],
    ['the end of its chain', 'link', "UPDATE hub.chains SET hash = sha256('other')"],
    [
      'a signature',
      'signature',
      'UPDATE hub.checkpoints SET signature = set_byte(signature, 3, get_byte(signature, 3) # 1)',
    ],
    ['the record of a row', 'row', "UPDATE hub.flows SET hash = sha256('other')"],
  ])('falls with %s that somebody changed in the database', async (name, what, sql) => {
    const lab = `bent-${name.replaceAll(' ', '-')}`;
    await publish(newLab(lab));
    expect((await prove(lab))[0]?.problem).toBeNull();
    expect((await change(sql, lab)).rowCount).toBeGreaterThan(0);
    expect((await prove(lab))[0]?.problem).toMatchObject({ what });
  });

  it('says of which records no links are here any more', async () => {
    const lab = newLab('forgetful');
    await publish(lab);
    await dropOld(database, new Date(NOW + 400 * 86_400_000), 1);
    expect((await prove('forgetful'))[0]).toMatchObject({
      ...{ records: 0, problem: null },
      unheld: [{ from: 1, to: lab.reader.head() }],
    });
  });

  it('is nothing of a lab that nobody knows', async () => {
    await expect(prove('nobody')).rejects.toThrow(/no lab nobody of alpha/);
  });

  it('holds on when somebody accepts the key of a lab that was installed anew, and keeps who, when and why', async () => {
    const [before, after] = [newKey(), newKey()];
    await publish(newLab('new-key', before));
    const again = newLab('new-key', after);
    await publish(again);
    const standing = async () =>
      (await database.transact((client) => readStandings(client, 'alpha'))).find(({ lab }) => lab === 'new-key');
    const [old, own] = [before, after].map((key) => keyNameOf(createPublicKey(key))) as [string, string];
    expect((await standing())?.forged[0]).toMatchObject({ why: 'key', key: own });
    const accept = (key: string, reason = 'installed anew') =>
      database.transact((client) =>
        acceptKey(client, { organisation: 'alpha', lab: 'new-key', key, who: 'linh@hub', reason }),
      );
    await expect(accept('ab'.repeat(8))).rejects.toThrow(/signed nothing with key/);
    await expect(accept(own, ' ')).rejects.toThrow(/say why/);
    expect(await accept(own)).toBe(old);
    await ingest(database, [again.heartbeat()]);
    expect(await standing()).toMatchObject({
      forged: [],
      signed: { key: own },
      accepted: { key: own, who: 'linh@hub', reason: 'installed anew' },
    });
    const proofs = await prove('new-key');
    expect(proofs.map(({ signed }) => signed?.key).toSorted()).toEqual([old, own].toSorted());
    expect(proofs.every(({ problem }) => problem === null)).toBe(true);
    // The one before is another key now.
    await expect(accept(old)).rejects.toThrow(/signed nothing with key/);
  });
});
