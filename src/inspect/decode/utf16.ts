/** UTF-16 and UTF-32 text as UTF-8, in pieces. Promise: any bytes; a half character at the end is dropped. */
import { StringDecoder } from 'node:string_decoder';
import type { Codec, Emit } from './codec.ts';

export function utf16(emit: Emit, isBigEndian: boolean): Codec {
  const decoder = new StringDecoder('utf16le');
  let odd: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const all = odd.length === 0 ? Buffer.from(bytes) : Buffer.concat([odd, bytes]);
      const whole = all.subarray(0, all.length & ~1);
      odd = Buffer.from(all.subarray(whole.length));
      if (isBigEndian) whole.swap16();
      const text = decoder.write(whole);
      if (text !== '') emit(Buffer.from(text.startsWith('\ufeff') ? text.slice(1) : text));
      return null;
    },
    end() {},
  };
}

/** What is no character becomes the replacement character. */
export function utf32(emit: Emit, isBigEndian: boolean): Codec {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const end = all.length & ~3;
      rest = Buffer.from(all.subarray(end));
      let text = '';
      for (let at = 0; at < end; at += 4) {
        const code = isBigEndian ? all.readUInt32BE(at) : all.readUInt32LE(at);
        text += String.fromCodePoint(code > 0x10ffff ? 0xfffd : code);
      }
      if (text !== '') emit(Buffer.from(text.startsWith('\ufeff') ? text.slice(1) : text));
      return null;
    },
    end() {},
  };
}
