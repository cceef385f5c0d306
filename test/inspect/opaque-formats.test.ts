import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { giveOpaqueFormats } from '../../src/inspect/opaque-formats.ts';
import { readOpaqueFormats } from '../../src/inspect/opaque-formats-file.ts';
import { findings, inspect } from './lab-phone.ts';

const noise = (length: number): Buffer => createHash('shake256', { outputLength: length }).update('noise').digest();
const SOURCE = { organisation: 'cellphones', version: 3 };
const MMTLS = `formats:
  - name: Example Tunnel
    because: its beginning is the same in every connection that was seen
    starts: 16 f1 ?? 04
`;
const sealed = Buffer.concat([Buffer.from('16f10304', 'hex'), noise(4000)]);
const found = (body: Buffer) =>
  findings(inspect({ body, headers: [['Content-Type', 'application/octet-stream']] })).map((one) => one.identifier);

describe('an opaque payload of a format that a feed knows', () => {
  afterEach(() => giveOpaqueFormats([], null));

  it('is named, with who says so, and is as opaque and as severe as it was', () => {
    const [before, ...others] = found(sealed);
    giveOpaqueFormats(readOpaqueFormats(MMTLS, 'f'), SOURCE);
    const [after, ...more] = found(sealed);
    expect(after?.reasoning).toMatch(/looks like Example Tunnel \(feed of cellphones, version 3\)/);
    expect({ ...after, reasoning: null, text: null }).toEqual({ ...before, reasoning: null, text: null });
    expect(more).toHaveLength(others.length);
  });

  it('stays nameless where its beginning is another', () => {
    giveOpaqueFormats(readOpaqueFormats(MMTLS, 'f'), SOURCE);
    expect(found(noise(4000))[0]?.reasoning).not.toMatch(/looks like/);
  });

  it('is no finding where the bytes are readable, whatever begins them', () => {
    giveOpaqueFormats(readOpaqueFormats(MMTLS.replace('16 f1 ?? 04', '68 65 6c 6c 6f'), 'f'), SOURCE);
    expect(found(Buffer.from('hello '.repeat(200)))).toEqual([]);
  });

  it.each([
    ['a beginning that stands everywhere', 'starts: 00 ?? 01', /3 known bytes/],
    ['hosts alone', 'hosts: [a.example]', /3 known bytes/],
    ['a beginning that is no hex', 'starts: xyz', /hex digits/],
    ['a field nobody knows', 'colour: red', /colour/],
    ['a beginning longer than is looked at', `starts: ${'aa '.repeat(17).trim()}`, /16 bytes at most/],
  ])('is not known by %s', (_, field, problem) => {
    expect(() => readOpaqueFormats(`formats:\n  - name: x\n    because: y\n    ${field}\n`, 'f')).toThrow(problem);
  });
});
