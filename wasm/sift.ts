// AssemblyScript, not TypeScript: the inner loops of the search, sixteen bytes at a time. What they mean, and the same in
// plain TypeScript, stands in src/inspect/anchors/sift.ts; the compiled module in src/inspect/anchors/sift-module.ts is made by
//   npx --package assemblyscript@0.28.20 asc wasm/sift.ts -O3 --noAssert --runtime stub --importMemory --enable simd -o sift.wasm
// The functions keep nothing between calls and are told where in memory everything stands.

/**
 * The maximal runs of at least 16 members in `[at, end)`: first offset and the one after the last, in pairs to `out`;
 * returns how many. A byte is a member when both tables at `classes`, by its low and by its high half, share a bit; zero is
 * none. 16 bytes after `end` must be zero.
 */
export function runs(text: usize, at: usize, end: usize, classes: usize, out: usize): u32 {
  const low = v128.load(classes);
  const high = v128.load(classes, 16);
  const nibble = i8x16.splat(0x0f);
  let to = out;
  let before: usize = 0;
  // One step beyond the end: a run that touches it ends there.
  for (; at < end + 16; at += 16) {
    const bytes = at < end ? v128.load(text + at) : i8x16.splat(0);
    const found = v128.and(
      i8x16.swizzle(low, v128.and(bytes, nibble)),
      i8x16.swizzle(high, i8x16.shr_u(bytes, 4)),
    );
    const others = <u32>i8x16.bitmask(i8x16.eq(found, i8x16.splat(0)));
    if (others == 0) {
      before += 16;
      continue;
    }
    const more = ctz(others);
    if (before + more >= 16) {
      store<u32>(to, <u32>(at - before));
      store<u32>(to, <u32>(at + more), 4);
      to += 8;
    }
    before = clz(others << 16);
  }
  return <u32>((to - out) >> 3);
}

/**
 * Offsets in `[at, end)` of quotes and, outside of strings, of `,:[]{}`, of the first byte of a number or word and of the
 * byte after its last. `state`: 1 inside a string, 2 after a byte of a number or word. 64 bytes after `end` must be there.
 */
export function structure(text: usize, at: usize, end: usize, state: u32, out: usize): u32 {
  let inside: u64 = state & 1 ? ~(<u64>0) : 0;
  let wasBare: u64 = (state >>> 1) & 1;
  let to = out;
  for (; at < end; at += 64) {
    let quotes: u64 = 0;
    let marks: u64 = 0;
    let spaces: u64 = 0;
    for (let part: usize = 0; part < 64; part += 16) {
      const bytes = v128.load(text + at + part);
      const folded = v128.or(bytes, i8x16.splat(0x20));
      const mark = v128.or(
        v128.or(i8x16.eq(folded, i8x16.splat(0x7b)), i8x16.eq(folded, i8x16.splat(0x7d))),
        v128.or(i8x16.eq(bytes, i8x16.splat(0x2c)), i8x16.eq(bytes, i8x16.splat(0x3a))),
      );
      quotes |= (<u64>i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x22)))) << part;
      marks |= (<u64>i8x16.bitmask(mark)) << part;
      spaces |= (<u64>i8x16.bitmask(i8x16.le_u(bytes, i8x16.splat(0x20)))) << part;
    }
    let strings = quotes;
    strings ^= strings << 1;
    strings ^= strings << 2;
    strings ^= strings << 4;
    strings ^= strings << 8;
    strings ^= strings << 16;
    strings ^= strings << 32;
    strings ^= inside;
    inside = <u64>(<i64>strings >> 63);
    const bare = ~(strings | quotes | marks | spaces);
    const shifted = (bare << 1) | wasBare;
    wasBare = bare >>> 63;
    let wanted = quotes | (marks & ~strings) | (bare ^ shifted) & ~strings;
    if (end - at < 64) wanted &= (<u64>1 << (end - at)) - 1;
    while (wanted != 0) {
      store<u32>(to, <u32>(at + ctz(wanted)));
      to += 4;
      wanted &= wanted - 1;
    }
  }
  return <u32>((to - out) >> 2);
}

/** Each byte of `[at, end)` XOR the next, to `out`; 17 bytes after `end` must be readable, 16 after the last of `out` writable. */
export function differences(text: usize, at: usize, end: usize, out: usize): void {
  for (; at < end; at += 16, out += 16) v128.store(out, v128.xor(v128.load(text + at), v128.load(text + at + 1)));
}

/** Offsets in `[at, end)` of members (as those of `runs`) to `out`; returns how many. 16 bytes after `end` must be there. */
export function members(text: usize, at: usize, end: usize, classes: usize, out: usize): u32 {
  const low = v128.load(classes);
  const high = v128.load(classes, 16);
  const nibble = i8x16.splat(0x0f);
  let to = out;
  for (; at < end; at += 16) {
    const bytes = v128.load(text + at);
    const found = v128.and(
      i8x16.swizzle(low, v128.and(bytes, nibble)),
      i8x16.swizzle(high, i8x16.shr_u(bytes, 4)),
    );
    let wanted = <u32>i8x16.bitmask(i8x16.ne(found, i8x16.splat(0)));
    if (end - at < 16) wanted &= (1 << <u32>(end - at)) - 1;
    while (wanted != 0) {
      store<u32>(to, <u32>(at + ctz(wanted)));
      to += 4;
      wanted &= wanted - 1;
    }
  }
  return <u32>((to - out) >> 2);
}
