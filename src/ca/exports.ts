/**
 * The root in the form each system wants. Promise: every form holds the certificate and nothing that signs.
 * Android installs the `.cer` (or `.pem`); it takes a `.p12` only together with a private key, which is why
 * phones are never offered one: the `.p12` here is for Windows, macOS and Java key stores.
 */
import { X509Certificate } from 'node:crypto';
import { type Issuer, subjectKey, writeCertificate } from './certificate.ts';
import { signMessage } from './cms.ts';
import { profileXml } from './mobileconfig.ts';
import { writePkcs12 } from './pkcs12.ts';
import { generateKey, type Root } from './root.ts';

export const EXPORT_FORMS = ['pem', 'cer', 'p12', 'mobileconfig', 'android-system'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

export interface ExportFile {
  fileName: string;
  contentType: string;
  bytes: Buffer;
}

/** Importers insist on a password; the contents are public, so it protects nothing, and the terminal's sentence names it. */
export const P12_PASSWORD = 'phonehome';
const DAY_MS = 86_400_000;

export function exportRoot(
  form: ExportForm,
  root: Root,
  names: { commonName: string; fingerprint256: string; androidFileName: string },
  nowMs: number,
  issuer: () => Issuer,
): ExportFile {
  const der = root.certificate.raw;
  switch (form) {
    case 'pem':
      return {
        fileName: 'phonehome-ca.pem',
        contentType: 'application/x-pem-file',
        bytes: Buffer.from(root.certificatePem),
      };
    case 'cer':
      return {
        fileName: 'phonehome-ca.cer',
        // The type Android and iOS open their installers for.
        contentType: 'application/x-x509-ca-cert',
        bytes: der,
      };
    case 'p12':
      return {
        fileName: 'phonehome-ca.p12',
        contentType: 'application/x-pkcs12',
        bytes: writePkcs12(der, names.commonName, P12_PASSWORD),
      };
    case 'mobileconfig':
      return {
        fileName: 'phonehome-ca.mobileconfig',
        contentType: 'application/x-apple-aspen-config',
        bytes: signedProfile(root, names, nowMs, issuer()),
      };
    case 'android-system':
      return {
        fileName: names.androidFileName,
        contentType: 'application/x-pem-file',
        bytes: Buffer.from(root.certificatePem),
      };
  }
}

/** Signed by a certificate made for it: the root itself signs certificates only. */
function signedProfile(
  root: Root,
  names: { commonName: string; fingerprint256: string },
  nowMs: number,
  issuer: Issuer,
): Buffer {
  const { privateKey, publicKey } = generateKey(root.keyType);
  const certificate = new X509Certificate(
    writeCertificate({
      purpose: 'profile-signer',
      commonName: `${names.commonName} profile`,
      names: [],
      key: subjectKey(publicKey),
      issuer,
      notBeforeMs: nowMs - DAY_MS,
      notAfterMs: nowMs + 365 * DAY_MS,
    }),
  );
  const xml = profileXml(root.certificate.raw, names.commonName, names.fingerprint256);
  const signer = { certificate, privateKey, keyType: root.keyType };
  return signMessage(Buffer.from(xml), signer, [root.certificate], nowMs);
}
