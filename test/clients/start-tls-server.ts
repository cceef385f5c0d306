/**
 * Servers that begin in clear and go on under TLS when asked: SMTP, IMAP, POP3 and XMPP, each as much as a real client
 * needs to deliver one message. Keeps what it heard before and after, byte for byte.
 */
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { TLSSocket } from 'node:tls';

export type Dialect = 'smtp' | 'imap' | 'pop3' | 'xmpp';

export interface Heard {
  clear: Buffer;
  /** Empty when it never came to TLS. */
  secured: Buffer;
}

export interface StartTlsServer {
  port: number;
  /** One per connection, in order. */
  heard: Heard[];
  stop(): Promise<void>;
}

interface Talk {
  greeting: string;
  /** What it answers to a line, or to XML; null: it waits for more. */
  answer(text: string, isSecured: boolean): string | null;
  /** The go-ahead, by which the switch is made. */
  goAhead: RegExp;
  isXml?: boolean;
}

const XMPP_OPEN = "<?xml version='1.0'?><stream:stream id='1' version='1.0' xmlns='jabber:client'>";
const TLS_NS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'";

function talkOf(dialect: Dialect, refuses: boolean): Talk {
  let inBody = false;
  /** Of the IMAP command whose body is being read. */
  let tagged = '';
  switch (dialect) {
    case 'smtp':
      return {
        greeting: '220 mail ESMTP\r\n',
        goAhead: /^220 go/,
        answer(line, isSecured) {
          if (inBody) {
            inBody = line !== '.';
            return inBody ? null : '250 queued\r\n';
          }
          if (/^EHLO/i.test(line)) return isSecured ? '250 mail\r\n' : '250-mail\r\n250 STARTTLS\r\n';
          if (/^STARTTLS$/i.test(line)) return refuses ? '454 not now\r\n' : '220 go\r\n';
          inBody = /^DATA$/i.test(line);
          if (inBody) return '354 go on\r\n';
          return /^QUIT$/i.test(line) ? '221 bye\r\n' : '250 ok\r\n';
        },
      };
    case 'imap':
      return {
        greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n',
        goAhead: /^\S+ OK begin TLS/,
        answer(line) {
          const [tag = '', word = ''] = line.split(' ');
          if (inBody) {
            inBody = line !== '';
            return inBody ? null : `${tagged} OK done\r\n`;
          }
          tagged = tag;
          if (/^STARTTLS$/i.test(word)) return `${tag} OK begin TLS\r\n`;
          if (/^CAPABILITY$/i.test(word)) return `* CAPABILITY IMAP4rev1 STARTTLS\r\n${tag} OK done\r\n`;
          inBody = line.endsWith('}');
          return inBody ? '+ go on\r\n' : `${tag} OK done\r\n`;
        },
      };
    case 'pop3':
      return {
        greeting: '+OK ready\r\n',
        goAhead: /^\+OK begin TLS/,
        answer(line) {
          if (/^CAPA$/i.test(line)) return '+OK\r\nSTLS\r\n.\r\n';
          return /^STLS$/i.test(line) ? '+OK begin TLS\r\n' : '+OK\r\n';
        },
      };
    case 'xmpp':
      return {
        greeting: '',
        isXml: true,
        goAhead: /^<proceed/,
        answer(text, isSecured) {
          if (text.startsWith('<message')) return text.endsWith('</message>') ? "<iq type='result' id='1'/>" : null;
          if (text.includes('<starttls')) return text.endsWith('>') ? `<proceed ${TLS_NS}/>` : null;
          if (!/<stream:stream[^>]*>/.test(text)) return null;
          return `${XMPP_OPEN}<stream:features>${isSecured ? '' : `<starttls ${TLS_NS}/>`}</stream:features>`;
        },
      };
  }
}

export async function startStartTlsServer(
  dialect: Dialect,
  tls: { certPem: string; keyPem: string },
  given: { refuses?: boolean } = {},
): Promise<StartTlsServer> {
  const heard: Heard[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const talk = talkOf(dialect, given.refuses ?? false);
    const mine: Heard = { clear: Buffer.alloc(0), secured: Buffer.alloc(0) };
    heard.push(mine);
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    const serve = (stream: Socket, side: keyof Heard): void => {
      let held = '';
      const listen = (chunk: Buffer) => {
        mine[side] = Buffer.concat([mine[side], chunk]);
        held += chunk.toString('latin1');
        for (;;) {
          const end = talk.isXml ? held.length : held.indexOf('\r\n');
          if (end < 0 || held === '') return;
          const said = talk.answer(held.slice(0, end), side === 'secured');
          if (talk.isXml && said === null) return;
          held = talk.isXml ? '' : held.slice(end + 2);
          if (said !== null) stream.write(said);
          if (said === null || side === 'secured' || !talk.goAhead.test(said)) continue;
          // What came in clear behind the question is dropped, as servers do since CVE-2011-0411.
          stream.off('data', listen);
          const secured = new TLSSocket(stream, { isServer: true, cert: tls.certPem, key: tls.keyPem });
          secured.on('error', () => {});
          serve(secured, 'secured');
          return;
        }
      };
      stream.on('data', listen).on('end', () => stream.end());
    };
    if (talk.greeting) socket.write(talk.greeting);
    serve(socket, 'clear');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    stop: () =>
      new Promise((done) => {
        for (const socket of open) socket.destroy();
        server.close(() => done());
      }),
  };
}
