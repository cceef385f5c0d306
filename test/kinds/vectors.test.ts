/** Every kind's own vectors, its place in the closed list, and that it holds no value of a person. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IdentifierKind } from '../../src/kinds/kind.ts';
import { KINDS } from '../../src/model/identifier.ts';
import { offerRuns } from './offer-runs.ts';

const folder = path.resolve(import.meta.dirname, '../../src/kinds/each');
const kinds: { file: string; name: string; kind: IdentifierKind }[] = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
  const exported = (await import(path.join(folder, file))) as Record<string, IdentifierKind>;
  for (const [name, kind] of Object.entries(exported)) kinds.push({ file, name, kind });
}

describe('the registry of kinds', () => {
  it('has one file per kind of the closed list; opaque is the engine’s', () => {
    expect(kinds.map(({ kind }) => kind.kind).sort()).toEqual(KINDS.filter((kind) => kind !== 'opaque').sort());
  });

  it('names file and export after the kind', () => {
    for (const { file, name, kind } of kinds) {
      expect(file).toBe(`${kind.kind.replaceAll('_', '-')}.ts`);
      expect(name).toBe(kind.kind.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
    }
  });

  it('has hits and misses for every shape', () => {
    for (const { kind } of kinds) {
      if (!kind.shape) continue;
      expect(kind.vectors.filter((vector) => vector.expect).length, kind.kind).toBeGreaterThan(0);
      expect(kind.vectors.filter((vector) => !vector.expect).length, kind.kind).toBeGreaterThan(1);
    }
  });
});

for (const { kind } of kinds) {
  const { shape, vectors } = kind;
  if (!shape) continue;
  describe(kind.kind, () => {
    for (const vector of vectors) {
      it(`${vector.expect ? 'finds' : 'leaves alone'}: ${vector.name}`, () => {
        const verdicts = offerRuns(vector.text, shape);
        if (!vector.expect) {
          expect(verdicts).toEqual([]);
          return;
        }
        const { value, confidence } = vector.expect;
        expect(verdicts.map((one) => ({ value: one.value, confidence: one.confidence }))).toContainEqual({
          value,
          confidence,
        });
        for (const one of verdicts) {
          expect(one.start).toBeGreaterThanOrEqual(0);
          expect(one.end).toBeGreaterThan(one.start);
          expect(one.end).toBeLessThanOrEqual(vector.text.length);
          expect(one.reasoning).not.toContain(one.value);
        }
      });
    }
  });
}
