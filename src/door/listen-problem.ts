import { labError } from '../formats/refusal.ts';
import type { LabError } from '../model/lab.ts';
import { text } from '../model/text.ts';

/** Why a port of the lab cannot be opened, and what to do. */
export function listenProblem(error: NodeJS.ErrnoException, host: string, port: number, flag: string): LabError {
  switch (error.code) {
    case 'EADDRINUSE':
      return labError(text('port.in-use', { port, flag }));
    case 'EACCES':
      return labError(text('port.root', { port, flag }));
    case 'EADDRNOTAVAIL':
      return labError(text('port.no-address', { host }));
    case 'EAFNOSUPPORT':
      return labError(text('port.no-ipv6', { host }));
    default:
      return labError(text('port.other', { host, port, error: error.message }));
  }
}
