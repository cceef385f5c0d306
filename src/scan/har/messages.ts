/**
 * Messages of a WebSocket in a recording: Chrome's `_webSocketMessages` (`type`, `time`, `opcode`, `data`), which
 * mitmproxy, HTTP Toolkit, pcapng-utils and PCAPdroid write too, beside the request or in it.
 * Promise: every message comes out with its bytes; a direction that is not told counts as the phone's, so that it is searched.
 */
import type { RecordedMessage } from '../exchange.ts';
import { bytesOfText } from '../recorded-text.ts';
import { timeOf } from '../time.ts';
import { bytesIn } from './body.ts';

const NAMES = ['_webSocketMessages', '_websocketMessages', 'webSocketMessages', '_messages'] as const;
const FROM_SERVER = /^(?:receive|received|recv|response|in|incoming|inbound|server|from_?server|down)$/i;
const LABELS: Partial<Record<number, string>> = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

type Fields = Partial<Record<string, unknown>>;

/** @param places entry, request and response. */
export function messagesIn(places: unknown[], fallbackTime: number): RecordedMessage[] {
  const lists = places.flatMap((place) => NAMES.map((name) => listIn((place as Fields | null | undefined)?.[name])));
  const messages = lists.flatMap((list) =>
    Array.isArray(list) ? list.flatMap((each) => messageOf(each, fallbackTime)) : [],
  );
  // The same list may stand in two places.
  const seen = new Set<string>();
  const isRepeat = lists.filter(Array.isArray).length > 1;
  return messages.filter(({ direction, time, label, bytes }) => {
    const key = isRepeat ? `${direction} ${time} ${label} ${bytes.toString('base64')}` : '';
    const isNew = !isRepeat || !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** The list itself, or in an object around it: `{messages: […]}`. */
function listIn(recorded: unknown): unknown {
  if (typeof recorded !== 'object' || recorded === null || Array.isArray(recorded)) return recorded;
  return Object.values(recorded).find(Array.isArray);
}

function messageOf(recorded: unknown, fallbackTime: number): RecordedMessage[] {
  const fields: Fields = typeof recorded === 'object' && recorded !== null ? recorded : { data: recorded };
  const content = fields.data ?? fields.payload ?? fields.text ?? fields.content ?? fields.message ?? fields.body;
  const opcode = Number(fields.opcode ?? fields.opCode ?? (fields.type === 'binary' || fields.binary === true ? 2 : 1));
  const encoding = fields.encoding ?? (opcode === 2 && isBase64(content) ? 'base64' : undefined);
  const bytes =
    typeof content === 'string'
      ? bytesOfText(content, encoding, opcode === 2).bytes
      : (bytesIn(content, '')?.bytes ?? null);
  if (bytes === null) return [];
  const way =
    fields.direction ?? (fields.fromClient === false || fields.from_client === false ? 'receive' : fields.type);
  return [
    {
      direction: typeof way === 'string' && FROM_SERVER.test(way) ? 'response' : 'request',
      time: timeOf(fields.time ?? fields.timestamp) ?? fallbackTime,
      label: LABELS[opcode] ?? 'text',
      bytes,
    },
  ];
}

/** Some write the bytes of a binary message as they are. */
function isBase64(content: unknown): boolean {
  return typeof content === 'string' && /^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(content);
}
