/** What the door itself says to a phone over HTTP: one plain-text line, and never anything about the phone. */
import type { Socket } from 'node:net';
import { say } from '../formats/say.ts';
import type { CloseReason } from '../model/flow.ts';
import type { Text } from '../model/text.ts';

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
};

/** A client that still uploads would otherwise meet a reset before it reads the reply. */
const LINGER_MS = 3000;

export const CONNECTED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');

export function httpReply(status: number, text: string, fields = ''): Buffer {
  const body = `${text}\n`;
  return Buffer.from(
    `HTTP/1.1 ${status} ${TITLES[status] ?? 'Error'}\r\n${fields}Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

export const CHALLENGE = 'Proxy-Authenticate: Basic realm="device name as user, any password"\r\n';

/** Status and line for a destination that could not be reached. */
export function failureReply(reason: CloseReason, detail: Text): Buffer {
  return httpReply(reason === 'refused-by-policy' ? 403 : 502, `phonehome: ${say(detail)}`);
}

/** Sends the last bytes and ends; what the phone still sends is read and dropped for a moment. */
export function endWith(socket: Socket, bytes: Buffer): void {
  if (socket.destroyed) return;
  if (bytes.length === 0) {
    socket.destroy();
    return;
  }
  socket.removeAllListeners('data');
  socket.end(bytes);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
