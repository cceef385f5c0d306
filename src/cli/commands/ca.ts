/** `phonehome ca …`: the lab's own certificate authority. The private key never leaves its file. */
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { urlHost } from '../../formats/address.ts';
import { phoneAddress } from '../../formats/lan-address.ts';
import { type AuthorityInfo, CA_FORMATS, type CaFormat, LabError } from '../../model/lab.ts';
import { wantsColour } from '../colour.ts';
import { UsageError } from '../errors.ts';
import { findRunningLab } from '../lab-state.ts';
import { loadLab } from '../main-module.ts';
import { print, printFile, printJson } from '../output.ts';
import { caPassphrase, readNewPassphrase } from '../passphrase.ts';
import { qrCode } from '../qr-code.ts';
import { table } from '../table.ts';

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
    print('', 'While a lab runs (phonehome start), phones install it from its set-up page.');
    return 0;
  }
  const setup = `http://${urlHost(address)}:${new URL(lab.url).port || '80'}/setup`;
  const code = process.stdout.isTTY ? qrCode(setup, process.stdout.columns ?? 80, wantsColour()) : null;
  print('', `Phones on this network install it from ${setup}`, ...(code ? ['', code] : []));
  return 0;
}

export async function exportFile(given: Record<string, unknown>, [format = '', file]: string[]): Promise<number> {
  const { data, json, caPassphraseFile = null } = given as unknown as CaFlags;
  const known = CA_FORMATS.find((each): each is CaFormat => each === format);
  if (!known) throw new UsageError(`unknown format "${format}": choose one of ${CA_FORMATS.join(', ')}`);
  await readAuthority(data);
  const lab = await loadLab();
  const bytes = await lab.exportAuthority(data, known, await caPassphrase(lab, data, caPassphraseFile));
  const target = file ?? `phonehome-ca.${known}`;
  if (target === '-') {
    printFile(bytes);
    return 0;
  }
  writeFileSync(target, bytes);
  if (json) printJson({ type: 'exported', format: known, file: resolve(target), bytes: bytes.length });
  else print(`${target} written (certificate only, no private key).`);
  return 0;
}

export async function rotate(given: Record<string, unknown>): Promise<number> {
  const { data, json, yes, rsa = false, caPassphraseFile = null } = given as unknown as CaFlags;
  await readAuthority(data);
  if (findRunningLab(data))
    throw new LabError('the running lab still signs with the old certificate: stop it first, then rotate');
  if (!yes && !(await confirmed('Every phone will have to install the new certificate. Go on? [y/N] '))) {
    print('Nothing was changed.');
    return 0;
  }
  const lab = await loadLab();
  const passphrase = await caPassphrase(lab, data, caPassphraseFile);
  if (passphrase === null && (await lab.isAuthorityKeySealed(data)))
    throw new LabError(`the present key is encrypted: give its passphrase, the new one is encrypted with it as well`);
  const info = await lab.rotateAuthority(data, { rsa, passphrase });
  if (json) printJson({ type: 'ca', ...info });
  else print('There is a new root certificate; remove the old one from the phones.', ...describe(info));
  return 0;
}

/** `ca passphrase set|remove`: what the keys of the authority and of the evidence are encrypted with. */
export async function passphrase(given: Record<string, unknown>, [word = '']: string[]): Promise<number> {
  const { data, json, caPassphraseFile = null, newPassphraseFile = null } = given as unknown as CaFlags;
  if (word !== 'set' && word !== 'remove') throw new UsageError(`unknown word "${word}": ca passphrase set, or remove`);
  await readAuthority(data);
  if (findRunningLab(data))
    throw new LabError('the running lab would not find its keys again: stop it first, then change the passphrase');
  const lab = await loadLab();
  const present = await caPassphrase(lab, data, caPassphraseFile);
  const next =
    word === 'remove'
      ? null
      : await readNewPassphrase({
          file: newPassphraseFile,
          variable: 'PHONEHOME_CA_NEW_PASSPHRASE',
          question: 'New passphrase: ',
        });
  if (word === 'set' && next === null)
    throw new UsageError('no new passphrase: --new-passphrase-file FILE or PHONEHOME_CA_NEW_PASSPHRASE');
  const { left } = await lab.changeAuthorityPassphrase(data, present, next);
  if (json) printJson({ type: 'ca', encrypted: next !== null, left });
  else if (next === null) print('The keys of the authority and of the evidence are no longer encrypted.');
  else
    print(
      'The keys of the authority and of the evidence are encrypted; without the passphrase no lab starts and nothing recovers them.',
    );
  if (!json) print(...left.map((file) => `${file} stays as it is: it is encrypted with something else.`));
  return 0;
}

async function readAuthority(data: string): Promise<AuthorityInfo> {
  const info = await (await loadLab()).readAuthority(data);
  if (!info) throw new LabError(`there is no certificate authority in ${data} yet: phonehome start makes one`);
  return info;
}

function describe(info: AuthorityInfo): string[] {
  return table([
    ['subject', info.subject],
    ['SHA-256', info.fingerprint],
    ['valid', `${info.validFrom.slice(0, 10)} to ${info.validTo.slice(0, 10)}`],
    ['certificate', info.pem],
    ['private key', `${info.key} (never leaves this machine)`],
  ]);
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('add --yes: there is no terminal to ask on');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(question);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
