/** `capture.pcapng` of a package: the packets of its phones, decryptable. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cutCapture } from '../lan/recording/case.ts';
import { phonesOf } from '../model/case.ts';
import { pathsIn } from './data-directory.ts';
import type { ExportParts } from './export-parts.ts';
import { spanOf } from './recorded-flows.ts';

export async function addCapture({ zip, stored: record, devices, options, missing }: ExportParts): Promise<void> {
  if (options.redact) {
    missing.push('capture.pcapng: packets cannot be redacted');
    return;
  }
  const { capture: directory } = pathsIn(options.dataDir);
  const phones = phonesOf(record.case);
  const macs =
    phones === null ? [null] : phones.map((id) => devices.find((device) => device.id === id)?.match.mac ?? id);
  const scratch = mkdtempSync(join(dirname(options.file), '.export-'));
  try {
    for (const [index, mac] of macs.entries()) {
      const name = index === 0 ? 'capture.pcapng' : `capture-${index + 1}.pcapng`;
      // Packets of other people's phones are not this case's.
      if (mac !== null && !/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) {
        missing.push(`${name}: the phone’s hardware address is not registered, and others’ packets do not belong here`);
        continue;
      }
      const { after, before } = spanOf(record.case);
      const out = join(scratch, name);
      const cut = await cutCapture({
        directory,
        from: after,
        to: Math.min(before, Date.parse(record.madeAt)),
        mac,
        out,
      });
      if (cut.ok) await zip.add(name, blocksOf(out));
      else missing.push(`${name}: ${cut.why}`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function* blocksOf(file: string): Generator<Uint8Array> {
  const descriptor = openSync(file, 'r');
  try {
    for (;;) {
      const block = Buffer.alloc(1 << 20);
      const read = readSync(descriptor, block);
      if (read === 0) return;
      yield block.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}
