/** The original destination as the kernel tells it: byte layout by table, the call itself on a real redirected connection. */
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSockaddr } from '../../src/door/original-destination.ts';
import { describeWith, NETWORK } from '../clients/tools.ts';
import { createLabNetwork, type LabNetwork } from '../lab/network.ts';

describe('readSockaddr', () => {
  it('reads sockaddr_in', () => {
    expect(readSockaddr(Buffer.from('020001bb2a3e300a0000000000000000', 'hex'), 4)).toEqual({
      ip: '42.62.48.10',
      port: 443,
    });
  });

  it('reads sockaddr_in6', () => {
    const bytes = Buffer.from('0a001466000000002400da000000000000000000000066660000 0000'.replace(' ', ''), 'hex');
    expect(readSockaddr(bytes, 6)).toEqual({ ip: '2400:da00::6666', port: 5222 });
  });
});

const LISTENER = `
import net from 'node:net';
import { openOriginalDestination } from '${new URL('../../src/door/original-destination.ts', import.meta.url).pathname}';
const original = openOriginalDestination();
net.createServer((socket) => { console.log(JSON.stringify(original(socket))); socket.end(); }).listen(8443, '::', () => console.log('listening'));
`;

const RULES = `table inet ph { chain pre { type nat hook prerouting priority dstnat; iifname "lan0" meta l4proto tcp redirect to :8443; }\n}\n`;

describeWith(NETWORK, 'a redirected connection', () => {
  let lab: LabNetwork;
  let lines: AsyncIterator<string>;
  beforeAll(async () => {
    lab = createLabNetwork();
    lab.run('gateway', ['nft', '-f', '-'], RULES);
    const child = lab.start('gateway', [process.execPath, '--input-type=module-typescript', '-e', LISTENER]);
    lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('listening');
  });
  afterAll(() => lab?.down());

  const destinationSeen = async (address: string, port: number): Promise<unknown> => {
    const script = `require('node:net').connect(${port}, ${JSON.stringify(address)}).resume().on('close', () => process.exit())`;
    lab.start('phone', [process.execPath, '-e', script]);
    return JSON.parse((await lines.next()).value);
  };

  it('keeps its IPv4 destination on a dual-stack listener', async () => {
    expect(await destinationSeen('42.62.48.10', 5222)).toEqual({ ip: '42.62.48.10', port: 5222 });
  });

  it('keeps its IPv6 destination', async () => {
    expect(await destinationSeen('2400:da00::6666', 443)).toEqual({ ip: '2400:da00::6666', port: 443 });
  });

  it('names the listener itself when the phone called it directly, for the loop guard', async () => {
    expect(await destinationSeen('10.77.0.1', 8443)).toEqual({ ip: '10.77.0.1', port: 8443 });
  });
});
