/**
 * The Huffman code of HPACK (RFC 7541 5.2 and Appendix B), decoding only.
 * The code is canonical, so the lengths say all; from them a table is made that eats four bits at a time
 * (the shortest code has five, so four bits end at most one symbol).
 */

/** Symbols of each code length, as ranges: Appendix B sorted by length. 256 is EOS. */
const LENGTHS: [bits: number, symbols: string][] = [
  [5, '48-50 97 99 101 105 111 115-116'],
  [6, '32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117'],
  [7, '58 66-87 89 106-107 113 118-122'],
  [8, '38 42 44 59 88 90'],
  [10, '33-34 40-41 63'],
  [11, '39 43 124'],
  [12, '35 62'],
  [13, '0 36 64 91 93 126'],
  [14, '94 125'],
  [15, '60 96 123'],
  [19, '92 195 208'],
  [20, '128 130-131 162 184 194 224 226'],
  [21, '153 161 167 172 176-177 179 209 216-217 227 229-230'],
  [22, '129 132-134 136 146 154 156 160 163-164 169-170 173 178 181 185-187 189-190 196 198 228 232-233'],
  [23, '1 135 137-141 143 147 149-152 155 157-158 165-166 168 174-175 180 182-183 188 191 197 231 239'],
  [24, '9 142 144-145 148 159 171 206 215 225 236-237'],
  [25, '199 207 234-235'],
  [26, '192-193 200-202 205 210 213 218-219 238 240 242-243 255'],
  [27, '203-204 211-212 214 221-223 241 244-248 250-254'],
  [28, '2-8 11-12 14-21 23-31 127 220 249'],
  [30, '10 13 22 256'],
];

const EOS = 256;
const EMITS = 1 << 16;
const FAILS = 1 << 17;

interface Tables {
  /** [state * 16 + four bits] → next state, symbol << 8 with EMITS, or FAILS. */
  steps: Int32Array;
  /** Where a string may end: after at most seven 1 bits of padding. */
  mayEnd: Uint8Array;
}

let tables: Tables | null = null;

/**
 * Decodes `bytes[from, to)` into `into`, which must have room for 8/5 of it; returns the decoded length,
 * or -1 when it is no valid code (EOS inside, padding longer than 7 bits or not all ones).
 */
export function decodeHuffman(bytes: Buffer, from: number, to: number, into: Buffer): number {
  tables ??= makeTables();
  const { steps, mayEnd } = tables;
  let state = 0;
  let written = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at]!;
    for (let half = 0; half < 2; half += 1) {
      const step = steps[state * 16 + (half === 0 ? byte >> 4 : byte & 15)]!;
      if (step >= EMITS) {
        if (step & FAILS) return -1;
        into[written] = (step >> 8) & 255;
        written += 1;
      }
      state = step & 255;
    }
  }
  return mayEnd[state] ? written : -1;
}

/** Inner nodes are numbered from 0 (the root); a leaf is -1 - symbol. There are 256 inner nodes. */
function makeTables(): Tables {
  const children: [number, number][] = [[0, 0]];
  let code = 0;
  let previousBits = LENGTHS[0]![0];
  for (const [bits, symbols] of LENGTHS) {
    code *= 2 ** (bits - previousBits);
    previousBits = bits;
    for (const symbol of expand(symbols)) {
      addLeaf(children, code, bits, symbol);
      code += 1;
    }
  }
  const steps = new Int32Array(children.length * 16);
  for (let state = 0; state < children.length; state += 1) {
    for (let bits = 0; bits < 16; bits += 1) steps[state * 16 + bits] = walk(children, state, bits);
  }
  const mayEnd = new Uint8Array(children.length);
  for (let depth = 0, node = 0; depth < 8; depth += 1, node = children[node]![1]) mayEnd[node] = 1;
  return { steps, mayEnd };
}

function addLeaf(children: [number, number][], code: number, bits: number, symbol: number): void {
  let node = 0;
  for (let bit = bits - 1; bit > 0; bit -= 1) {
    const side = Math.floor(code / 2 ** bit) % 2 === 0 ? 0 : 1;
    let next = children[node]![side];
    if (next === 0) {
      next = children.push([0, 0]) - 1;
      children[node]![side] = next;
    }
    node = next;
  }
  children[node]![code % 2 === 0 ? 0 : 1] = -1 - symbol;
}

function walk(children: [number, number][], from: number, bits: number): number {
  let node = from;
  let emitted = 0;
  for (let mask = 8; mask > 0; mask >>= 1) {
    node = children[node]![bits & mask ? 1 : 0];
    if (node < 0) {
      const symbol = -1 - node;
      if (symbol === EOS) return FAILS;
      emitted = EMITS | (symbol << 8);
      node = 0;
    }
  }
  return emitted | node;
}

function expand(ranges: string): number[] {
  return ranges.split(' ').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
