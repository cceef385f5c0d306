/** The readers of the running lab, for recordings: what is recorded is read as what is live. */
import { X509Certificate } from 'node:crypto';
import { openDatagrams } from '../lan/recorded-datagrams.ts';
import type { RecordingReaders } from '../model/recording.ts';
import { createReader } from '../readers/reader.ts';
import { openExchange } from '../readers/recorded.ts';
import { certificateFacts } from '../wire/server-certificate.ts';

export const recordingReaders: RecordingReaders = {
  openReader: createReader,
  openExchange,
  openDatagrams,
  readCertificate(der) {
    try {
      return certificateFacts(new X509Certificate(der).toLegacyObject(), null);
    } catch {
      return null;
    }
  },
};
