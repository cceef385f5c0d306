/**
 * A certificate authority for the simulated vendors, made for one replay and thrown away with it. Its keys stay in
 * memory; the lab is handed the certificate only, as one more authority to trust towards servers.
 */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

export interface VendorAuthority {
  caPem: string;
  keyPem: string;
  /** PEM certificate for host names and addresses; the first one is its subject. */
  certify(...hosts: [string, ...string[]]): string;
}

const DAY_MS = 86_400_000;

/** `now` in milliseconds since the epoch; certificates hold for a day before and two days after. */
export async function createVendorAuthority(now: number): Promise<VendorAuthority> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const keyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const privateKey = forge.pki.privateKeyFromPem(keyPem);
  const publicKey = forge.pki.publicKeyFromPem(pair.publicKey.export({ type: 'spki', format: 'pem' }));
  // Of two authorities of one name OpenSSL takes the first and finds that it did not sign.
  const name = `Simulated vendors (replay only) ${randomBytes(4).toString('hex')}`;
  const issuer = [{ name: 'commonName', value: name }];

  const issue = (subject: forge.pki.CertificateField[], extensions: object[]): string => {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = publicKey;
    // Positive, unique, and no leading zero byte, which DER forbids (RFC 5280 4.1.2.2, X.690 8.3.2).
    certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
    certificate.validity.notBefore = new Date(now - DAY_MS);
    certificate.validity.notAfter = new Date(now + 2 * DAY_MS);
    certificate.setSubject(subject);
    certificate.setIssuer(issuer);
    certificate.setExtensions(extensions);
    certificate.sign(privateKey, forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  };

  return {
    caPem: issue(issuer, [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ]),
    keyPem,
    certify: (...hosts) =>
      issue(
        [{ name: 'commonName', value: hosts[0] }],
        [
          { name: 'extKeyUsage', serverAuth: true },
          {
            name: 'subjectAltName',
            altNames: hosts.map((host) => (isIP(host) ? { type: 7, ip: host } : { type: 2, value: host })),
          },
        ],
      ),
  };
}
