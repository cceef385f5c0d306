/** Files of the data directory that nobody else may have read or written, for rooms that ask by a function. */
import { privacyProblem } from '../ca/private-file.ts';
import type { PrivacyCheck } from '../notify/config-file.ts';

export const ownFiles: PrivacyCheck = (path, keep, otherwise) =>
  privacyProblem(path, { kind: 'file', keep, otherwise });
