/**
 * A pcap stream as `tcpdump -w -` writes it, taken apart packet by packet (draft-ietf-opsawg-pcap).
 * Promise: sans I/O; any cutting gives the same packets; at most one packet is held; what is no pcap stream is said once
 * and ends the reading.
 */

export interface CapturedPacket {
  /** LINKTYPE_… of https://www.tcpdump.org/linktypes.html */
  link: number;
  bytes: Buffer;
  /** False when the capture kept less than was on the wire. */
  whole: boolean;
}

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
/** tcpdump's own largest snapshot length. */
const MAX_PACKET = 262_144;
/** Microseconds and nanoseconds, in the writer's byte order. */
const MAGIC = [0xa1b2c3d4, 0xa1b23c4d];

/** Returns null, or why the stream cannot be read on. `bytes` of a packet are only good during the call. */
export function createPcapReader(onPacket: (packet: CapturedPacket) => void): (chunk: Buffer) => string | null {
  let held: Buffer = Buffer.alloc(0);
  let littleEndian: boolean | null = null;
  let link = 0;
  let broken: string | null = null;
  const u32 = (at: number): number => (littleEndian ? held.readUInt32LE(at) : held.readUInt32BE(at));

  return (chunk) => {
    if (broken !== null) return broken;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    if (littleEndian === null) {
      if (held.length < FILE_HEADER) {
        held = Buffer.from(held);
        return null;
      }
      if (MAGIC.includes(held.readUInt32LE(0))) littleEndian = true;
      else if (MAGIC.includes(held.readUInt32BE(0))) littleEndian = false;
      else {
        broken = 'what tcpdump wrote is no pcap stream';
        return broken;
      }
      // The upper bits say how long a frame check sequence is.
      link = u32(20) & 0xffff;
      at = FILE_HEADER;
    }
    while (held.length - at >= PACKET_HEADER) {
      const captured = u32(at + 8);
      if (captured > MAX_PACKET) {
        broken = 'a packet in the capture is longer than any packet';
        return broken;
      }
      const end = at + PACKET_HEADER + captured;
      if (held.length < end) break;
      onPacket({ link, bytes: held.subarray(at + PACKET_HEADER, end), whole: u32(at + 12) <= captured });
      at = end;
    }
    // Copied: the chunk's memory goes back to the stream.
    held = Buffer.from(held.subarray(at));
    return null;
  };
}
