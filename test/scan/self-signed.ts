/** A self-signed certificate and its key for a server of a test, made in `dir`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function selfSigned(dir: string, name: string): { key: Buffer; cert: Buffer } {
  const [key, cert] = [join(dir, 'server.key'), join(dir, 'server.pem')];
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', ...subject], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}
