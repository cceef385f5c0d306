/** The kinds inside the detector: every vector as a body on the wire, and the parts that lie in fields of their own. */
import { describe, expect, it } from 'vitest';
import { registry } from '../../src/kinds/registry.ts';
import { findings, inspect } from '../inspect/lab-phone.ts';

/** A form takes these apart: needs the fields beside a run, see `Run.fields`. */
const inFields = new Set(['longitude first', 'area and cell only']);

describe('through the detector, with nothing registered', () => {
  for (const { kind, vectors } of registry) {
    for (const { name, text, expect: expected } of vectors.filter((vector) => !inFields.has(vector.name))) {
      it(`${kind} ${expected ? 'found' : 'left alone'}: ${name}`, () => {
        const found = findings(inspect({ body: text, device: null }))
          .filter(({ identifier }) => identifier.kind === kind)
          .map(({ identifier, value }) => ({ value, confidence: identifier.confidence }));
        if (expected) expect(found).toContainEqual(expected);
        else expect(found).toEqual([]);
      });
    }
  }
});
