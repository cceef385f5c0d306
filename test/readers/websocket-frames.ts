/** Writes WebSocket frames for tests (RFC 6455 5.2), as a phone or a server would, well-formed or not. */
export interface Frame {
  opcode: number;
  payload?: Buffer | string;
  fin?: boolean;
  rsv1?: boolean;
  /** Null: unmasked. */
  mask?: Buffer | null;
}

export function frame({ opcode, payload = '', fin = true, rsv1 = false, mask = null }: Frame): Buffer {
  const bytes = Buffer.from(payload as string);
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const masked = mask ? 0x80 : 0;
  let header: Buffer;
  if (bytes.length < 126) header = Buffer.from([first, masked | bytes.length]);
  else if (bytes.length < 65_536) header = Buffer.from([first, masked | 126, bytes.length >> 8, bytes.length & 255]);
  else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = masked | 127;
    header.writeBigUInt64BE(BigInt(bytes.length), 2);
  }
  if (!mask) return Buffer.concat([header, bytes]);
  return Buffer.concat([header, mask, bytes.map((byte, at) => byte ^ mask[at & 3]!)]);
}

/** The two heads of a handshake. */
export function handshake(extensions: string | null = null, protocol: string | null = null): [Buffer, Buffer] {
  const request =
    'GET /live HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const response =
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n' +
    `${extensions ? `Sec-WebSocket-Extensions: ${extensions}\r\n` : ''}` +
    `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`;
  return [Buffer.from(request), Buffer.from(response)];
}
