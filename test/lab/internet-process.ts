/** The world beyond the gateway: a resolver that knows one address per family, and UDP services that answer. */
import { createSocket } from 'node:dgram';
import { type Answer, decode, encode, type Packet } from 'dns-packet';

const SERVER = { A: '42.62.48.10', AAAA: '2400:da00::6666' } as const;

for (const [family, server] of [
  ['udp4', SERVER.A],
  ['udp6', SERVER.AAAA],
] as const) {
  const resolver = createSocket({ type: family, ipv6Only: family === 'udp6' });
  resolver.on('message', (bytes, from) => {
    const question = decode(bytes) as Packet & { id: number };
    const [{ name, type } = { name: '', type: 'A' as const }] = question.questions ?? [];
    const answers: Answer[] = type === 'A' || type === 'AAAA' ? [{ name, type, ttl: 60, data: SERVER[type] }] : [];
    resolver.send(
      encode({ type: 'response', id: question.id, questions: question.questions ?? [], answers }),
      from.port,
      from.address,
    );
  });
  resolver.bind(53);
  // Answers every datagram with as many bytes, doubled.
  const echo = createSocket({ type: family, ipv6Only: family === 'udp6' });
  echo.on('message', (bytes, from) => echo.send(Buffer.concat([bytes, bytes]), from.port, from.address));
  // By address: a socket on all of them would answer from another one than was asked.
  echo.bind(5683, server);
}
process.stdout.write('ready\n');
