/** `phonehome export CASE --out FILE.zip`: a case as a package that others can check. A lab may run meanwhile. */
import { extname } from 'node:path';
import { LabError } from '../../model/lab.ts';
import { openCaseStore } from '../case-store.ts';
import { chooseCase } from '../chosen-case.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { ownVersion } from '../own-name.ts';
import { caPassphrase } from '../passphrase.ts';
import { createProgress } from '../scan-progress.ts';

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
  if (out === null || extname(out ?? '').toLowerCase() !== '.zip')
    throw new LabError('say where to with --out FILE.zip');
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
      `${out} written, ${(facts.bytes / 1e6).toFixed(1)} MB, readable by you only: ${facts.alerts} alerts, ${facts.flows} connections, ${facts.exchanges} requests with content${facts.simulated ? ' [simulated]' : ''}.`,
      redact
        ? 'Identifiers are replaced by pseudonyms.'
        : 'Requests and packets in it hold identifiers in clear; --redact makes a twin without.',
      ...facts.missing.map((one) => `Not in it: ${one}`),
      `Signed with ${facts.fingerprint}: tell this to whoever gets the package, by another way.`,
    );
  return 0;
}
