/**
 * The import rule: rooms meet only in `model/` (shared words) and `formats/` (shared plain code without I/O), `lab/` alone
 * joins them, `main.ts` is its door for `cli/`, and nothing goes in circles.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawHouse, floorOf, PAGE, pictureIn, readImports, room, SOURCE } from './house.ts';

const SHARED = new Set(['model', 'formats']);

/** Disks, sockets, processes: shared plain code has none of them. */
const MACHINE =
  /^\s*import (?!type\b)[^;]*?from 'node:(?:fs|net|tls|https?2?|dns|dgram|os|child_process|worker_threads)[/']/m;

/** Which rooms a file of this room may import, besides its own. */
function mayImport(from: string): (target: string) => boolean {
  if (from === 'model') return () => false;
  if (from === 'formats') return (target) => target === 'model';
  if (from === 'kinds') return (target) => SHARED.has(target);
  if (from === 'lab') return (target) => target !== 'cli' && target !== 'main.ts';
  if (from === 'main.ts') return (target) => target !== 'cli';
  if (from === 'cli') return (target) => SHARED.has(target) || target === 'main.ts';
  return (target) => SHARED.has(target) || target === 'kinds';
}

describe('layout', () => {
  const imports = readImports();

  it('reads the tree it judges', () => {
    expect(imports.size).toBeGreaterThan(5);
    expect(imports.get('model/flow.ts')).toContain('model/destination.ts');
  });

  it('lets rooms meet only in model/, formats/ and kinds/, lab/ join them, and cli/ see only main.ts', () => {
    const broken = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => room(target) !== room(file) && !mayImport(room(file))(room(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('has no arrow that goes up, and none between two rooms of one floor', () => {
    const up = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => room(target) !== room(file) && floorOf(room(target)) >= floorOf(room(file)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(up).toEqual([]);
  });

  it('looks as docs/house.md draws it (npm run house draws it anew)', () => {
    expect(pictureIn(readFileSync(PAGE, 'utf8'))).toBe(drawHouse(imports));
  });

  it('keeps the watchers of the running lab apart from the helper that runs as root and ends', () => {
    const reached = (from: string): string[] => {
      const seen = new Set<string>();
      const visit = (file: string): void => {
        if (seen.has(file)) return;
        seen.add(file);
        for (const target of imports.get(file) ?? []) visit(target);
      };
      for (const file of imports.keys()) if (room(file) === from) visit(file);
      return [...seen].map(room);
    };
    expect(reached('lan')).toContain('lan');
    expect(reached('lan')).not.toContain('gateway');
    expect(reached('gateway')).toContain('gateway');
    expect(reached('gateway')).not.toContain('lan');
  });

  it('keeps disks, sockets and processes out of model/ and formats/', () => {
    // Replacing a file is the one job with a disk that every room has.
    const files = [...imports.keys()].filter((file) => SHARED.has(room(file)) && file !== 'formats/replace-file.ts');
    expect(files.filter((file) => MACHINE.test(readFileSync(path.join(SOURCE, file), 'utf8')))).toEqual([]);
    expect(MACHINE.test(readFileSync(path.join(SOURCE, 'door/door.ts'), 'utf8'))).toBe(true);
  });

  it('has no circles', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
      if (done.has(file) || trail.includes(file)) return;
      for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
      done.add(file);
    };
    for (const file of imports.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('does not load zod, which takes 20 MB, before the first body or description is asked for', () => {
    const STATIC = /^\s*(?:import|export)\s+(?!type\b)[^;'"]*?from\s+['"]([^'"]+)['"]/gm;
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      if (!file.endsWith('.ts') || file.startsWith('zod')) return;
      const text = readFileSync(path.join(SOURCE, file), 'utf8');
      for (const [, target = ''] of text.matchAll(STATIC))
        visit(
          target.startsWith('.') ? path.relative(SOURCE, path.resolve(SOURCE, path.dirname(file), target)) : target,
        );
    };
    visit('main.ts');
    visit('lab/start.ts');
    visit('sinks/live/listener.ts');
    expect(reached).toContain('model/words.ts');
    expect(reached).not.toContain('zod');
  });

  it('imports no file that does not exist', () => {
    const missing = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => target.endsWith('.ts') && !imports.has(target)).map((target) => `${file} → ${target}`),
    );
    expect(missing).toEqual([]);
  });
});
