/** `phonehome ca …`: the lab's own certificate authority. The private key never leaves its file. */
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { urlHost } from '../../formats/address.ts';
import { phoneAddress } from '../../formats/lan-address.ts';
import { PUBLIC } from '../../formats/replace-file.ts';
import { type AuthorityInfo, CA_FORMATS, type CaFormat, LabError } from '../../model/lab.ts';
import { wantsColour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { findRunningLab } from '../lab-state.ts';
import { loadLab } from '../main-module.ts';
import { writeNamed } from '../named-file.ts';
import { print, printFile, printJson } from '../output.ts';
import { caPassphrase, readNewPassphrase } from '../passphrase.ts';
import { qrCode } from '../qr-code.ts';
import { table } from '../table.ts';
import { words } from '../words.ts';

interface CaFlags {
  data: string;
  json: boolean;
  yes?: boolean;
  rsa?: boolean;
  caPassphraseFile?: string | null;
  newPassphraseFile?: string | null;
}

export async function show(given: Record<string, unknown>): Promise<number> {
  const { data, json } = given as unknown as CaFlags;
  const info = await readAuthority(data);
  if (json) {
    printJson({ type: 'ca', ...info });
    return 0;
  }
  print(...describe(info));
  const lab = findRunningLab(data);
  const address = lab && phoneAddress('0.0.0.0', networkInterfaces());
  if (!lab || !address) {
    print('', words('ca.while-runs'));
    return 0;
  }
  const setup = `http://${urlHost(address)}:${new URL(lab.url).port || '80'}/setup`;
  const code = process.stdout.isTTY ? qrCode(setup, process.stdout.columns ?? 80, wantsColour()) : null;
  print('', words('ca.install', { page: setup }), ...(code ? ['', code] : []));
  return 0;
}

export async function exportFile(given: Record<string, unknown>, [format = '', file]: string[]): Promise<number> {
  const { data, json, caPassphraseFile = null } = given as unknown as CaFlags;
  const known = CA_FORMATS.find((each): each is CaFormat => each === format);
  if (!known) throw new UsageError(words('ca.format', { word: format, formats: CA_FORMATS.join(', ') }));
  await readAuthority(data);
  const lab = await loadLab();
  const bytes = await lab.exportAuthority(data, known, await caPassphrase(lab, data, caPassphraseFile));
  const target = file ?? `phonehome-ca.${known}`;
  if (target === '-') {
    printFile(bytes);
    return 0;
  }
  writeNamed(target, bytes, PUBLIC);
  if (json) printJson({ type: 'exported', format: known, file: resolve(target), bytes: bytes.length });
  else print(words('ca.exported', { file: target }), words(`ca.for.${known}`));
  return 0;
}

export async function rotate(given: Record<string, unknown>): Promise<number> {
  const { data, json, yes, rsa = false, caPassphraseFile = null } = given as unknown as CaFlags;
  await readAuthority(data);
  if (findRunningLab(data)) throw new LabError(words('ca.running'));
  if (!yes && !(await confirmed(words('ca.ask')))) {
    print(words('ca.unchanged'));
    return 0;
  }
  const lab = await loadLab();
  const passphrase = await caPassphrase(lab, data, caPassphraseFile);
  if (passphrase === null && (await lab.isAuthorityKeySealed(data))) throw new LabError(words('ca.sealed'));
  const info = await lab.rotateAuthority(data, { rsa, passphrase });
  if (json) printJson({ type: 'ca', ...info });
  else print(words('ca.rotated'), ...describe(info));
  return 0;
}

/** `ca passphrase set|remove`: what the keys of the authority and of the evidence are encrypted with. */
export async function passphrase(given: Record<string, unknown>, [word = '']: string[]): Promise<number> {
  const { data, json, caPassphraseFile = null, newPassphraseFile = null } = given as unknown as CaFlags;
  if (word !== 'set' && word !== 'remove') throw new UsageError(words('ca.word', { word }));
  await readAuthority(data);
  if (findRunningLab(data)) throw new LabError(words('ca.running-keys'));
  const lab = await loadLab();
  const present = await caPassphrase(lab, data, caPassphraseFile);
  const next =
    word === 'remove'
      ? null
      : await readNewPassphrase({
          file: newPassphraseFile,
          variable: 'PHONEHOME_CA_NEW_PASSPHRASE',
          question: words('ca.ask-new'),
        });
  if (word === 'set' && next === null) throw new UsageError(words('ca.no-new'));
  const { left } = await lab.changeAuthorityPassphrase(data, present, next);
  if (json) printJson({ type: 'ca', encrypted: next !== null, left });
  else if (next === null) print(words('ca.opened'));
  else print(words('ca.encrypted'));
  if (!json) print(...left.map((file) => words('ca.left', { file })));
  return 0;
}

async function readAuthority(data: string): Promise<AuthorityInfo> {
  const info = await (await loadLab()).readAuthority(data);
  if (!info) throw new LabError(words('ca.none', { data }));
  return info;
}

function describe(info: AuthorityInfo): string[] {
  return table([
    [words('ca.row.subject'), info.subject],
    ['SHA-256', info.fingerprint],
    [words('ca.row.valid'), words('ca.valid', { from: info.validFrom.slice(0, 10), to: info.validTo.slice(0, 10) })],
    [words('ca.row.certificate'), info.pem],
    [words('ca.row.key'), words('ca.key', { file: info.key })],
  ]);
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(words('ca.no-terminal'));
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(question);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
