/** The readers of the running lab, for recordings: what is recorded is read as what is live. */
import { X509Certificate } from 'node:crypto';
import { openDatagrams } from '../lan/recorded-datagrams.ts';
import type { RecordingReaders } from '../model/recording.ts';
import { createReader } from '../readers/reader.ts';
import { openExchange } from '../readers/recorded.ts';
import { certificateFacts } from '../wire/server-certificate.ts';
import { chainProblem } from './recorded-chain.ts';

export const recordingReaders: RecordingReaders = {
  openReader: createReader,
  openExchange,
  openDatagrams,
  readCertificate(chain) {
    try {
      const certificates = chain.map((der) => new X509Certificate(der));
      const [own] = certificates;
      return own ? certificateFacts(own.toLegacyObject(), chainProblem(certificates)) : null;
    } catch {
      return null;
    }
  },
};
