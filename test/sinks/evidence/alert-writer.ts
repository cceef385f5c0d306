/** Run as a process of its own: stores alerts for ever and prints the seq of each after it was stored. */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import { labRecord } from '../lab-alert.ts';

const [file = '', key = ''] = process.argv.slice(2);
const store = openSqliteStore({ file, key: Buffer.from(key, 'hex') });
// Bounded, should nobody kill it.
for (let seq = 1; seq < 200_000; seq++) {
  if (store.putAlert(labRecord(seq)).ok) writeSync(1, `${seq}\n`);
}
