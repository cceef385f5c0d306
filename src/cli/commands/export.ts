/** `phonehome export CASE --out FILE.zip`: a case as a package that others can check. A lab may run meanwhile. */
import { extname } from 'node:path';
import { openCaseStore } from '../case-store.ts';
import { chooseCase } from '../chosen-case.ts';
import { UsageError } from '../errors.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { ownVersion } from '../own-name.ts';
import { caPassphrase } from '../passphrase.ts';
import { createProgress } from '../scan-progress.ts';
import { words } from '../words.ts';

interface ExportFlags {
  data: string;
  json: boolean;
  out: string | null;
  redact: boolean;
  lang: 'en' | 'vi';
  timestamp: string | null;
  devices: string | null;
  simulated: boolean;
  caPassphraseFile: string | null;
}

export async function exportPackage(given: Record<string, unknown>, [id]: string[]): Promise<number> {
  const { data, json, out, redact, lang, timestamp, devices, simulated, caPassphraseFile } =
    given as unknown as ExportFlags;
  if (out === null || extname(out ?? '').toLowerCase() !== '.zip') throw new UsageError(words('export.where'));
  const store = await openCaseStore(data);
  const { id: found } = await chooseCase(store, id).finally(() => store.end());
  const module = await loadLab();
  const passphrase = await caPassphrase(module, data, caPassphraseFile);
  const progress = createProgress(process.stderr);
  const facts = await module
    .exportPackage(
      {
        dataDir: data,
        id: found,
        file: out,
        redact,
        language: lang,
        devicesFile: devices,
        passphrase,
        timestamp,
        version: ownVersion(),
        ...(simulated ? { simulated } : {}),
      },
      progress.showShare,
    )
    .finally(progress.clear);
  if (json) printJson({ type: 'export', ...facts, redacted: redact });
  else
    print(
      words('export.written', {
        out,
        size: (facts.bytes / 1e6).toFixed(1),
        alerts: facts.alerts,
        flows: facts.flows,
        exchanges: facts.exchanges,
        simulated: facts.simulated ? words('export.simulated') : '',
      }),
      words(redact ? 'export.pseudonyms' : 'export.clear'),
      ...facts.missing.map((one) => words('export.missing', { what: one })),
      words('export.signed', { fingerprint: facts.fingerprint }),
    );
  return 0;
}
