/** DNS over TCP puts two bytes of length before each message (RFC 1035 4.2.2). Cut anywhere, the messages come out the same. */

/** A header is twelve bytes: fewer cannot be a message, and the sender is no DNS client. */
const MIN_BYTES = 12;

/**
 * Takes chunks, hands out whole messages (copies). False when what came is no DNS: the connection should be closed.
 * At most one message of 65,535 bytes is held.
 */
export function createFraming(onMessage: (message: Buffer) => void): (chunk: Buffer) => boolean {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 2) {
      const length = held.readUInt16BE(0);
      if (length < MIN_BYTES) return false;
      if (held.length < 2 + length) break;
      const message = Buffer.from(held.subarray(2, 2 + length));
      held = held.subarray(2 + length);
      onMessage(message);
    }
    held = Buffer.from(held);
    return true;
  };
}

export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
