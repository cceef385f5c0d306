/**
 * Watches a connection in clear for the moment both sides agree to go on with TLS: SMTP (RFC 3207), IMAP (RFC 9051
 * 6.2.1), POP3 (RFC 2595 4), XMPP (RFC 6120 5.4). Sans-I/O, over a copy of the bytes.
 * Promise: `agreed` only when the phone asked, sent nothing more, and the server's go-ahead was the last it said: the
 * phone's next bytes are then the first of its TLS. Everything else is `no`, for good. At most `MAX_HELD` bytes are kept
 * per direction; never throws.
 */

/** `watching`: not yet, perhaps later. */
export type StartTlsState = 'watching' | 'agreed' | 'no';

export interface StartTlsWatch {
  up(chunk: Buffer): StartTlsState;
  down(chunk: Buffer): StartTlsState;
}

/** What is said in clear before TLS is a greeting, a name and a list of abilities: lines under 1 KB, streams under 4. */
const MAX_HELD = 16 * 1024;
/** A conversation that has said this much without TLS will have none. */
const MAX_SEEN = 256 * 1024;

interface Dialect {
  /** Of the server's first words, or for XMPP of the phone's. */
  greets: RegExp;
  /** Whole unit (line, element) with which the phone asks. The first group, if any, is the tag of the answer. */
  ask: RegExp;
  agrees: (answer: string, tag: string) => boolean;
  refuses: (answer: string, tag: string) => boolean;
}

const SERVER_FIRST: readonly Dialect[] = [
  {
    greets: /^220[ -]/,
    ask: /^STARTTLS[ \t]*$/i,
    agrees: (line) => line.startsWith('220 '),
    refuses: (line) => /^[45]\d\d /.test(line),
  },
  {
    greets: /^\* (?:OK|PREAUTH)\b/i,
    ask: /^([^\s()*%"\\{]{1,64}) STARTTLS[ \t]*$/i,
    agrees: (line, tag) => line.startsWith(`${tag} `) && /^\S+ OK\b/i.test(line),
    refuses: (line, tag) => line.startsWith(`${tag} `),
  },
  {
    greets: /^\+OK\b/,
    ask: /^STLS[ \t]*$/i,
    agrees: (line) => /^\+OK\b/.test(line),
    refuses: (line) => line.startsWith('-ERR'),
  },
];

const XMPP_START = /^(?:\ufeff)?(?:<\?xml[^>]*\?>\s*)?<(?:stream:)?stream\b/;
const XMPP_ASK = /<starttls\b[^<>]*(?:\/>|>\s*<\/starttls\s*>)\s*$/;
const XMPP_AGREES = /<proceed\b[^<>]*(?:\/>|>\s*<\/proceed\s*>)\s*$/;
const XMPP_ANSWER = /<(?:proceed|failure)\b/;

/** `isXml`: the phone spoke first, with `<`. */
export function createStartTlsWatch(isXml: boolean): StartTlsWatch {
  const talk = isXml ? createXmlTalk() : createLineTalk();
  let seen = 0;
  let state: StartTlsState = 'watching';
  const take = (chunk: Buffer, side: (text: string) => StartTlsState): StartTlsState => {
    if (state !== 'watching') return state;
    seen += chunk.length;
    state = seen > MAX_SEEN ? 'no' : side(chunk.toString('latin1'));
    return state;
  };
  return {
    up: (chunk) => take(chunk, talk.up),
    down: (chunk) => take(chunk, talk.down),
  };
}

interface Talk {
  up(text: string): StartTlsState;
  down(text: string): StartTlsState;
}

function createLineTalk(): Talk {
  let dialect: Dialect | null = null;
  let asked: { tag: string } | null = null;
  let saying = '';
  let hearing = '';
  return {
    up(text) {
      // Nothing may follow the question before it is answered: what does would be taken for part of the TLS session.
      if (asked || !dialect) return 'no';
      const lines = (saying + text).split('\r\n');
      saying = lines.pop() ?? '';
      if (saying.length > MAX_HELD) return 'no';
      for (const [index, line] of lines.entries()) {
        const ask = dialect.ask.exec(line);
        if (!ask) continue;
        if (index < lines.length - 1 || saying !== '') return 'no';
        asked = { tag: ask[1] ?? '' };
      }
      return 'watching';
    },
    down(text) {
      const lines = (hearing + text).split('\r\n');
      hearing = lines.pop() ?? '';
      if (hearing.length > MAX_HELD) return 'no';
      for (const [index, line] of lines.entries()) {
        if (!dialect) {
          dialect = SERVER_FIRST.find(({ greets }) => greets.test(line)) ?? null;
          if (!dialect) return 'no';
          continue;
        }
        if (!asked) continue;
        if (dialect.agrees(line, asked.tag)) return index === lines.length - 1 && hearing === '' ? 'agreed' : 'no';
        if (dialect.refuses(line, asked.tag)) asked = null;
      }
      return 'watching';
    },
  };
}

function createXmlTalk(): Talk {
  let begun = false;
  let asked = false;
  let saying = '';
  let hearing = '';
  return {
    up(text) {
      if (asked) return 'no';
      saying += text;
      if (!begun && saying.includes('>')) {
        const isWhole = saying.startsWith('<?') ? saying.indexOf('>', saying.indexOf('>') + 1) > 0 : true;
        if (isWhole && !XMPP_START.test(saying)) return 'no';
        begun = isWhole;
      }
      if (saying.length > MAX_HELD) return 'no';
      const at = saying.lastIndexOf('<starttls');
      if (at >= 0 && XMPP_ASK.test(saying.slice(at))) {
        asked = true;
        hearing = '';
      }
      return 'watching';
    },
    down(text) {
      if (!asked) return 'watching';
      hearing += text;
      const at = hearing.search(XMPP_ANSWER);
      if (at < 0) return hearing.length > MAX_HELD ? 'no' : 'watching';
      const answer = hearing.slice(at);
      if (answer.startsWith('<failure')) return 'no';
      if (XMPP_AGREES.test(answer)) return 'agreed';
      return answer.length > MAX_HELD || /^<proceed\b[^<>]*\/?>\s*[^\s<]/.test(answer) ? 'no' : 'watching';
    },
  };
}
