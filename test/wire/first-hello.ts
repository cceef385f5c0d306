/** The ClientHello a server meets when a real client asks for https://a.test/ through the lab. */
import { readClientHello } from '../../src/formats/client-hello.ts';
import type { TlsOffer } from '../../src/model/connection.ts';
import type { ClientHelloFacts, Treatment } from '../../src/model/flow.ts';
import { text } from '../../src/model/text.ts';
import type { Lab } from '../clients/client.ts';
import { startLab } from './lab.ts';
import { tcpServer } from './servers.ts';

export interface Hello {
  facts: ClientHelloFacts;
  offer: TlsOffer;
}

/** The first hello that reaches the server: the phone's own when it is passed through, else the lab's. */
export async function firstHello(
  treatment: Treatment,
  ask: (lab: Lab) => Promise<unknown>,
  caFile: string,
): Promise<Hello> {
  const got = Promise.withResolvers<Hello>();
  const server = await tcpServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const reading = readClientHello(bytes);
      if (reading.state === 'more') return;
      if (reading.state === 'hello') got.resolve(reading);
      socket.destroy();
    });
  });
  const lab = await startLab({ door: { decide: () => ({ treatment, reason: text('pass.operator') }) } });
  lab.map.set('a.test:443', server.port);
  const asked = ask({ proxy: { host: '127.0.0.1', port: lab.door.port }, caFile });
  const hello = await got.promise;
  await asked.catch(() => {});
  await lab.stop();
  await server.close();
  return hello;
}
