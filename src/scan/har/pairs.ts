/**
 * Names with values, in the ways recorders write them: headers, cookies, parameters.
 * Promise: nothing throws; a name without a value, and a value without a name, are kept; what is no text is written as JSON.
 */

export type Pair = [name: string, value: string];

/** `[{name, value}]`, `[["A", "1"]]`, `["A: 1"]`, `{"A": "1", "B": ["2", "3"]}`, or lines of `A: 1`. */
export function pairsOf(recorded: unknown): Pair[] {
  if (typeof recorded === 'string') return recorded.split(/\r?\n/).flatMap(pairOfLine);
  if (Array.isArray(recorded)) return recorded.flatMap(pairsOfItem);
  if (typeof recorded !== 'object' || recorded === null) return [];
  return Object.entries(recorded).flatMap(([name, value]) => listOf(value).map((each): Pair => [name, textOf(each)]));
}

function pairsOfItem(item: unknown): Pair[] {
  if (typeof item === 'string') return pairOfLine(item);
  if (Array.isArray(item)) return item.length === 0 ? [] : [[textOf(item[0]), textOf(item[1])]];
  if (typeof item !== 'object' || item === null) return [];
  const fields = item as Record<string, unknown>;
  const name = fields.name ?? fields.Name ?? fields.key ?? fields.k;
  const value = fields.value ?? fields.Value ?? fields.val ?? fields.v;
  if (name === undefined && value === undefined) return pairsOf(item);
  return listOf(value).map((each): Pair => [textOf(name), textOf(each)]);
}

function pairOfLine(line: string): Pair[] {
  if (line.trim() === '') return [];
  // Not at the start: pseudo headers begin with a colon.
  const colon = line.indexOf(':', 1);
  return colon < 0 ? [[line.trim(), '']] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
