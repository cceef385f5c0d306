/**
 * The vendors of the reported cases on the internet host, on the addresses the cases name: `node vendors.ts`.
 * Prints its authority, then takes one case name per line: the vendors of that case answer, those of the last one end.
 */
import { createInterface } from 'node:readline';
import { replays } from '../../src/replay/registry.ts';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';
import { startVendors, type VendorServers } from '../../src/replay/vendor-servers.ts';

const tell = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

async function main(): Promise<void> {
  const now = Date.now();
  const authority = await createVendorAuthority(now);
  let running: VendorServers | null = null;
  tell({ ready: true, caPem: authority.caPem });
  for await (const name of createInterface({ input: process.stdin })) {
    const last = running?.received.length ?? 0;
    await running?.stop();
    running = null;
    const replay = replays.find((one) => one.name === name);
    const listenAt = ({ address, port }: { address: string; port: number }) => ({ host: address, port });
    if (replay) running = await startVendors(replay.vendors, now, { authority, listenAt });
    tell({ started: replay?.name ?? null, receivedBefore: last });
  }
}

if (import.meta.main) await main();
