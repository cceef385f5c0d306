/** What a phone's TLS meets on the lab's side: which group is agreed on, whatever the phone offers. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connect, type EphemeralKeyInfo, TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { createLeafContexts } from '../../src/wire/leaf-contexts.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const authority = openAuthority(temporary('ca-'), { now: Date.now });
const leafContext = createLeafContexts(authority.leafFor);

async function agreedGroup(groups: string): Promise<string | undefined> {
  const context = leafContext({ host: 'any.example.com', mirror: null, untrusted: false, key: 'p256' });
  const server = createServer((socket) => {
    new TLSSocket(socket, { isServer: true, secureContext: context }).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const phone = connect({
    port,
    host: '127.0.0.1',
    servername: 'any.example.com',
    ca: authority.root.certificatePem,
    ecdhCurve: groups,
  });
  await once(phone, 'secureConnect');
  const info = phone.getEphemeralKeyInfo() as EphemeralKeyInfo;
  phone.destroy();
  server.close();
  return info.name;
}

it.each([
  ['*X25519MLKEM768:*X25519', 'X25519', 'the share that costs least, of those it sent'],
  ['X25519MLKEM768:X25519', 'X25519', 'asked once more'],
  ['X25519MLKEM768', 'X25519MLKEM768', 'nothing else is offered'],
  ['P-256', 'prime256v1', 'an older phone'],
  ['P-384:X25519', 'secp384r1', 'no second round for a cheaper one'],
  ['X448', 'X448', ''],
  ['P-521', 'secp521r1', ''],
])('a phone that offers %s is given %s (%s)', async (offered, given) => {
  expect(await agreedGroup(offered)).toBe(given);
});
