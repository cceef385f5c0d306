/** What a certificate of a recording is worth. */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { chainProblem } from '../../src/lab/recorded-chain.ts';
import { recordingReaders } from '../../src/lab/recording-readers.ts';
import { selfSigned } from '../wire/certificates.ts';

const [root = ''] = rootCertificates;

it('an authority that phones know verifies, whatever else was sent with it', () => {
  const [known, own] = [root, selfSigned(['proxy.example.com']).cert].map((pem) => new X509Certificate(pem));
  if (!known || !own) throw new Error('no certificate');
  expect(chainProblem([known])).toBeNull();
  expect(chainProblem([known, own])).toBeNull();
  expect(chainProblem([own, known])).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
  expect(chainProblem([])).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
});

it('what a proxy wrote into its own is told as not verified, and garbage is none', () => {
  const own = new X509Certificate(selfSigned(['proxy.example.com']).cert);
  expect(recordingReaders.readCertificate([own.raw])).toMatchObject({
    names: ['proxy.example.com'],
    problem: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  });
  expect(recordingReaders.readCertificate([Buffer.from('none')])).toBeNull();
  expect(recordingReaders.readCertificate([])).toBeNull();
});
