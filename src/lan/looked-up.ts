/** Where a connection goes that nobody looked into: its address, under the name by which the phone last looked it up. */
import type { Destination } from '../model/destination.ts';

export function lookedUp(name: string | null, ip: string, port: number): Destination {
  return name === null ? { host: ip, port, ip } : { host: name, port, ip, guessed: true };
}
