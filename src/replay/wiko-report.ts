/**
 * The Wiko Sales Tracking System's report: its text, and how it was closed (Figaro, November 2017).
 * RSA-1024 with PKCS#1 v1.5 padding, then base64url without padding: always 171 characters, never twice the same.
 * The key is the lab's own, made at run time: the vendor's private key is nobody's here.
 */
import { constants, publicEncrypt } from 'node:crypto';
import { LAB } from './lab-device.ts';

/** The report in clear; the cell identity is written in hexadecimal. 117 characters at most, or RSA-1024 cannot hold it. */
export const stsText = [
  'TN:IMEI1',
  LAB.imei,
  'WIKO',
  'V12BNLite',
  `CID:${LAB.cell.cid.toString(16).toUpperCase()}`,
  'W_K400_V09',
  LAB.serial,
].join(',');

export function closeReport(text: string, publicKeyPem: string): string {
  const closed = publicEncrypt({ key: publicKeyPem, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text));
  return closed.toString('base64url');
}
