/**
 * A phone of a reported case on the phone host, with no proxy setting: `node replay-phone.ts CA DATA`. Takes lines of
 * `{"case":…,"from":…}`; prints each phase and waits for a line before it goes on; then how many requests it sent.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ensureOperatorKey } from '../../src/replay/operator-key.ts';
import { sendDirectly } from '../../src/replay/phone.ts';
import { replays } from '../../src/replay/registry.ts';

const tell = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

async function main([caFile = '', dataDir = '']: string[]): Promise<void> {
  const caPem = readFileSync(caFile, 'utf8');
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const { case: name, from } = JSON.parse(line.value) as { case: string; from: string };
    const replay = replays.find((one) => one.name === name);
    if (!replay) throw new Error(`no case ${name}`);
    const key = replay.operatorKey ? await ensureOperatorKey(dataDir, replay.operatorKey) : '';
    const addresses = new Map(replay.vendors.map(({ host, address }) => [host, address]));
    let sent = 0;
    const phone = { caPem, addressOf: (host: string) => addresses.get(host) ?? host, localAddress: from };
    await replay.phone(
      {
        note: () => {},
        request: (request) => {
          sent++;
          return sendDirectly(phone, request);
        },
      },
      async (phase) => {
        tell({ phase });
        await lines.next();
      },
      { vendorPublicKey: key },
    );
    tell({ played: name, sent });
  }
}

if (import.meta.main) await main(process.argv.slice(2));
