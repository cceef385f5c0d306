/**
 * The house by its imports: which file imports which, on which floor a room stands, and the picture of it in docs/house.md.
 * `npm run house` draws the picture anew; `layout.test.ts` holds that it is true and that no arrow goes up.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const SOURCE = path.resolve(import.meta.dirname, '../src');
export const PAGE = path.resolve(import.meta.dirname, '../docs/house.md');

const IMPORT =
  /^\s*(?:import|export)\b[^;'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** What a text of TypeScript imports, statically or not, as it is written there. */
export const importsIn = (text: string): string[] =>
  [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');

/** Every relative import of every source file, as paths below src/. */
export function readImports(): Map<string, string[]> {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(
    files.toSorted().map((file) => {
      const text = readFileSync(path.join(SOURCE, file), 'utf8');
      const targets = importsIn(text)
        .filter((target) => target.startsWith('.'))
        .map((target) => path.relative(SOURCE, path.resolve(SOURCE, path.dirname(file), target)));
      return [file, targets];
    }),
  );
}

export const room = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file);

/** From the ground up. Rooms that stand on no other floor are on that of the rooms. */
const FLOORS = ['model', 'formats', 'kinds', 'rooms', 'lab', 'main.ts', 'cli'] as const;
const TITLES: Record<(typeof FLOORS)[number], string> = {
  model: 'shared words',
  formats: 'shared plain code',
  kinds: 'the kinds of identifiers',
  rooms: 'rooms, which never import each other',
  lab: 'joins the rooms',
  'main.ts': 'what the command line sees of the lab',
  cli: 'the command line',
};

const ROOMS = FLOORS.indexOf('rooms');

export function floorOf(name: string): number {
  const floor = (FLOORS as readonly string[]).indexOf(name);
  return floor < 0 ? ROOMS : floor;
}

/** A Mermaid graph of rooms. Everything stands on model/, so arrows to it are left out. */
export function drawHouse(imports: ReadonlyMap<string, readonly string[]>): string {
  const rooms = new Set([...imports.keys()].map(room));
  const arrows = new Set<string>();
  for (const [file, targets] of imports)
    for (const to of targets.map(room)) {
      if (to === room(file) || to === 'model') continue;
      // Who joins rooms may join any of them: one arrow for all.
      const isJoined = floorOf(to) === ROOMS;
      arrows.add(`  ${nodeOf(room(file))} --> ${isJoined ? `floor${ROOMS}` : nodeOf(to)}`);
    }
  const floors = FLOORS.map((floor, index) => {
    const there = [...rooms].filter((name) => floorOf(name) === index).toSorted();
    const nodes = there.map((name) => `    ${nodeOf(name)}["${name.endsWith('.ts') ? name : `${name}/`}"]`);
    return [`  subgraph floor${index}["${TITLES[floor]}"]`, ...nodes, '  end'].join('\n');
  });
  return ['```mermaid', 'graph TD', ...floors.toReversed(), ...[...arrows].toSorted(), '```'].join('\n');
}

/** Mermaid takes some names for words of its own. */
const nodeOf = (name: string): string => `r_${name.replace(/\W/g, '_')}`;

const PICTURE = /```mermaid\n[\s\S]*?\n```/;

export const pictureIn = (page: string): string => PICTURE.exec(page)?.[0] ?? '';

if (process.argv[1] === import.meta.filename) {
  const picture = drawHouse(readImports());
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(PICTURE, () => picture),
  );
}
