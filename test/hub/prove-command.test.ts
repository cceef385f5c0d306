/** `phonehome hub prove`, `status` and `accept-key` as somebody at the hub calls them, over a lab's real store and packages of it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { hashOf, START } from '../../src/formats/chain-link.ts';
import { keyText } from '../../src/formats/signed-head.ts';
import type { Database } from '../../src/hub/database.ts';
import { ingest } from '../../src/hub/ingest.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { exportPackage } from '../../src/lab/exporting.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { commitmentOf, contentOf, type Field } from '../../src/sinks/evidence/chain.ts';
import { readPublicKey } from '../../src/sinks/evidence/key-file.ts';
import { TABLES } from '../../src/sinks/evidence/rows.ts';
import { messagesOf } from '../../src/sinks/hub/messages.ts';
import { openHubReader, prepareForReader } from '../../src/sinks/hub/reader.ts';
import { describeWith } from '../clients/tools.ts';
import { phonehome } from '../e2e/lab-process.ts';
import { type PackedCase, packedCase } from '../lab/packed-case.ts';
import { withHubDatabase } from './hub-database.ts';
import { NOW } from './stored-lab.ts';

const SENDER = { organisation: 'alpha', lab: 'hanoi-1' };

function toldBy({ data }: PackedCase) {
  const { evidence, signingKey } = pathsIn(data);
  prepareForReader(evidence);
  const reader = openHubReader(evidence);
  const key = readPublicKey(signingKey);
  const stretch = {
    history: reader.epoch(),
    before: Buffer.from(START.hash).toString('hex'),
    records: reader.after(0, 10_000),
  };
  const disclosure = {
    key: Buffer.alloc(32, 1),
    isClear: false,
    modelOf: () => 'Nokia 7 Plus',
    firmwareOf: () => null,
  };
  const limits = { maxBytes: 1 << 20, time: new Date(NOW).toISOString(), key: key && keyText(key) };
  const messages = messagesOf(stretch, SENDER, disclosure, limits);
  reader.close();
  return messages.map(({ subject, bytes }) => ({ subject, bytes, received: NOW }));
}

/** As somebody with the lab's disk and key: another connection, its record, and every hash behind it. @returns where */
function rewrite({ data }: PackedCase): number {
  const database = new DatabaseSync(pathsIn(data).evidence);
  const row = database.prepare("SELECT * FROM flows WHERE id = 'flow-1'").get() as Record<string, Field> & {
    link: number;
    salt: Uint8Array;
  };
  const json = JSON.stringify({ ...JSON.parse(String(row.json)), bytesUp: 4711 });
  database.prepare('UPDATE flows SET json = ? WHERE id = ?').run(json, String(row.id));
  const fields = TABLES.flow.columns.map((column) => ({ ...row, json })[column] as Field);
  const put = database.prepare('UPDATE chain SET commitment = ?, hash = ? WHERE position = ?');
  let hash: Uint8Array = START.hash;
  for (const each of database.prepare('SELECT * FROM chain ORDER BY position').all()) {
    const record = each as unknown as Parameters<typeof hashOf>[1];
    const commitment = record.position === row.link ? commitmentOf(row.salt, contentOf(fields)) : record.commitment;
    hash = hashOf(hash, { ...record, commitment });
    put.run(commitment, hash, record.position);
  }
  database.exec('DELETE FROM checkpoints');
  database.close();
  return row.link;
}

describeWith(['postgres'], 'phonehome hub, asked what a lab recorded', () => {
  let database: Database;
  let directory: string;
  let url: string;
  withHubDatabase(4, (hub) => {
    ({ database, directory, url } = hub);
  });

  it('proves an honest package, names the record that a lab changed afterwards though its package is intact, and speaks Vietnamese', async () => {
    const config = path.join(directory, 'hub.yaml');
    writeFileSync(config, `nats: { url: nats://127.0.0.1:1 }\ndatabase: ${url}\n`);
    const hub = (...args: string[]) => phonehome(['hub', ...args, '--hub-config', config]);
    const lab = packedCase();
    try {
      await ingest(database, toldBy(lab));
      const [honest, changed] = [lab.out('honest.zip'), lab.out('changed.zip')];
      await exportPackage(lab.options(honest));
      const proven = await hub('prove', 'alpha', 'hanoi-1', honest);
      expect(proven).toMatchObject({ code: 0, stderr: '' });
      expect(proven.stdout).toMatch(/\d+ records lead from one to the next/);
      expect(proven.stdout).toMatch(/\d+ records of the package are what the lab told/);

      const position = rewrite(lab);
      await exportPackage(lab.options(changed));
      expect(await verifyPackage(changed)).toMatchObject({ isIntact: true });
      const refuted = await hub('prove', 'alpha', 'hanoi-1', changed);
      expect(refuted.code).toBe(1);
      expect(refuted.stdout).toContain(`Record ${position} of the package is another one than the lab told.`);

      const status = await hub('status', '--lang', 'vi');
      expect(status.stdout).toMatch(/phòng thử.*tình trạng/);
      expect(status.stdout).toContain('đầy đủ');
      const unknown = await hub('accept-key', 'alpha', 'hanoi-1', 'ab'.repeat(8), '--reason', 'x', '--lang', 'vi');
      expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('chưa ký gì bằng khoá') });
    } finally {
      lab.end();
    }
  });
});
