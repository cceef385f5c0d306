/** Streams that no reader knows: what nobody registered is told as it comes, not only when the connection ends. */
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspect/inspector.ts';
import type { Direction, FlowEvent } from '../../src/model/flow.ts';
import { closed, findings, IMEI, labFlow } from './lab-phone.ts';

const raw = (direction: Direction, bytes: string | Buffer): FlowEvent => ({
  type: 'raw-bytes',
  flowId: 'f',
  direction,
  time: 0,
  bytes: Buffer.from(bytes),
});

/** What each event brings to light. */
function told(protocol: string | undefined, ...events: FlowEvent[]): string[][] {
  const inspector = createInspector({ deviceFor: () => null });
  return [labFlow('f', protocol === undefined ? {} : { protocol }), ...events]
    .map((event) => findings(inspector.push(event)).map(({ identifier, value }) => `${identifier.kind} ${value}`))
    .slice(1);
}

describe('an identifier in a stream', () => {
  it('is told when the server answers, once', () => {
    const login = raw('request', `LOGIN imei=${IMEI}\n`);
    expect(
      told(undefined, login, raw('response', 'OK\n'), raw('request', 'PING\n'), raw('response', 'PONG\n'), closed('f')),
    ).toEqual([[], [`imei ${IMEI}`], [], [], []]);
  });

  it('is told with its datagram, and each value once', () => {
    const datagram = raw('request', `id=1;imei=${IMEI}`);
    expect(told('udp', datagram, datagram, closed('f'))).toEqual([[`imei ${IMEI}`], [], []]);
  });

  it('is told at the end of a stream to which nobody answers', () => {
    expect(told(undefined, raw('request', `imei=${IMEI}`), closed('f'))).toEqual([[], [`imei ${IMEI}`]]);
  });

  it('is told once when it comes in two pieces around an answer to something else', () => {
    const [head, tail] = [`x\nimei=${IMEI.slice(0, 9)}`, `${IMEI.slice(9)}\n`];
    const all = told(
      undefined,
      raw('request', head),
      raw('response', 'tick'),
      raw('request', tail),
      raw('response', 'ok'),
    );
    expect(all.flat()).toEqual([`imei ${IMEI}`]);
  });
});

it('the names of algorithms in a key exchange are nobody’s mailboxes', () => {
  const lists =
    'curve25519-sha256@libssh.org,ecdh-sha2-nistp256 ssh-ed25519-cert-v01@openssh.com aes128-gcm@openssh.com,zlib@openssh.com';
  const exchange = Buffer.concat([Buffer.from([0, 0, 5, 0x14, 6, 20]), Buffer.from(lists)]);
  expect(
    told(undefined, raw('request', 'SSH-2.0-OpenSSH_9.6\r\n'), raw('request', exchange), closed('f')).flat(),
  ).toEqual([]);
});
