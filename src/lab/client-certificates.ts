/** Certificates of the operator's own (`--client-cert HOST=FILE`), for servers that ask the app for one. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';

/**
 * The PEM of certificate and key for a server's name, or null.
 * @throws LabError that names the flag, when a file holds no certificate with its key
 */
export function readClientCertificates(given: readonly string[]): (name: string) => string | null {
  const byName = new Map(given.map(readOne));
  return (name) => byName.get(name.toLowerCase()) ?? null;
}

function readOne(flag: string): [name: string, pem: string] {
  const [name = '', file = ''] = flag.split(/=(.*)/s);
  if (!name || !file) throw labError(text('records.client-cert', { flag }));
  try {
    const pem = readFileSync(file, 'utf8');
    if (new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))) return [name.toLowerCase(), pem];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') throw labError(text('fault.client-cert-unread', { flag, file, code }));
  }
  throw labError(text('fault.client-cert', { flag, file }));
}
