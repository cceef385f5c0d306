/** Test authorities and server certificates, made on the spot: one RSA key for all, because making keys is what costs. */
import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const signer = forge.pki.privateKeyFromPem(
  pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
) as forge.pki.rsa.PrivateKey;
const publicKey = forge.pki.rsa.setPublicKey(signer.n, signer.e);

export interface LeafOptions {
  notAfter?: Date;
  organization?: string;
  /** Address of the issuer's certificate (authority information access). */
  issuerAt?: string;
}

export interface Authority {
  pem: string;
  /** One below it. */
  intermediate(name: string): Authority;
  issue(names: string[], options?: LeafOptions): { key: string; cert: string };
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
  options: LeafOptions,
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
      ...(options.issuerAt ? [issuerAccess(options.issuerAt)] : []),
    ],
    options.notAfter ?? NEXT_YEAR,
  );
  leaf.sign(signer, forge.md.sha256.create());
  return { key: KEY, cert: forge.pki.certificateToPem(leaf) };
}

/** RFC 5280 4.2.2.1: one access description, `caIssuers`, a URI. */
function issuerAccess(address: string): object {
  const { asn1 } = forge;
  const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
  const description = asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, [
    asn1.create(UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer('1.3.6.1.5.5.7.48.2').getBytes()),
    asn1.create(CONTEXT_SPECIFIC, 6 as forge.asn1.Type, false, address),
  ]);
  return { id: '1.3.6.1.5.5.7.1.1', value: asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, [description]) };
}
