/** Test authorities and server certificates, made on the spot: one RSA key for all, because making keys is what costs. */
import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const signer = forge.pki.privateKeyFromPem(
  pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
) as forge.pki.rsa.PrivateKey;
const publicKey = forge.pki.rsa.setPublicKey(signer.n, signer.e);

export interface Authority {
  pem: string;
  /** One below it. */
  intermediate(name: string): Authority;
  issue(names: string[], options?: { notAfter?: Date; organization?: string }): { key: string; cert: string };
}

let serial = 1;

function certificate(
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
  extensions: object[],
  notAfter: Date,
): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = publicKey;
  made.serialNumber = (serial++).toString(16).padStart(4, '0');
  made.validity.notBefore = new Date(Date.now() - 400 * 86_400_000);
  made.validity.notAfter = notAfter;
  made.setSubject(subject);
  made.setIssuer(issuer);
  made.setExtensions(extensions);
  return made;
}

const NEXT_YEAR = new Date(Date.now() + 300 * 86_400_000);

export function createAuthority(name: string): Authority {
  const subject = [{ name: 'commonName', value: name }];
  return authority(subject, subject);
}

function authority(subject: forge.pki.CertificateField[], issuer: forge.pki.CertificateField[]): Authority {
  const made = certificate(subject, issuer, [{ name: 'basicConstraints', cA: true, critical: true }], NEXT_YEAR);
  made.sign(signer, forge.md.sha256.create());
  return {
    pem: forge.pki.certificateToPem(made),
    intermediate: (name) => authority([{ name: 'commonName', value: name }], subject),
    issue: (names, options = {}) => issue(subject, names, options),
  };
}

/** Signed by nobody but itself. */
export function selfSigned(names: string[]): { key: string; cert: string } {
  return issue([{ name: 'commonName', value: names[0]! }], names, {});
}

function issue(
  issuer: forge.pki.CertificateField[],
  names: string[],
  options: { notAfter?: Date; organization?: string },
): { key: string; cert: string } {
  const subject = [{ name: 'commonName', value: names[0]! }];
  if (options.organization) subject.push({ name: 'organizationName', value: options.organization });
  const altNames = names.map((name) => (/^[\d.]+$|:/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }));
  const leaf = certificate(
    subject,
    issuer,
    [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames },
    ],
    options.notAfter ?? NEXT_YEAR,
  );
  leaf.sign(signer, forge.md.sha256.create());
  return { key: KEY, cert: forge.pki.certificateToPem(leaf) };
}
