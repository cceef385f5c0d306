/** Where the servers are, as databases place them, on a map of the world: countries, since nothing nearer is known. */
import { createRequire } from 'node:module';
import { type GeoPermissibleObjects, geoCentroid, geoNaturalEarth1, geoPath } from 'd3-geo';
import { iso31661Alpha2ToNumeric } from 'iso-3166/1-a2-to-1-n.js';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type Block, shown } from './document.ts';
import type { Words } from './words.ts';

const WIDTH = 720;
const HEIGHT = 310;
/** Nobody's server stands there. */
const ANTARCTICA = '010';

/** Nothing where no country is known. */
export function mapOf({ alerts, contacts }: CaseRecord, words: Words): Block[] {
  const { say, country } = words;
  const found = Map.groupBy(
    alerts.filter(isFinding).filter(({ destination }) => destination?.location.country),
    ({ destination }) => destination?.location.country ?? '',
  );
  const others = new Set(contacts.flatMap((one) => (one.country && !found.has(one.country) ? [one.country] : [])));
  if (found.size + others.size === 0) return [];
  const items = [...found].map(([code, those]) => {
    const hosts = [
      ...new Set(those.map(({ destination }) => shown(destination?.owner.name ?? destination?.host ?? ''))),
    ];
    return say('map.found', { country: country(code), receivers: hosts.slice(0, 8).join(', ') });
  });
  const names = [...others].map(country).sort();
  return [
    { type: 'heading', text: say('map') },
    {
      type: 'figure',
      svg: draw([...found.keys()], others),
      text: say('map.text', { countries: [...found.keys()].map(country).join(', ') }),
    },
    { type: 'steps', items },
    ...(names.length > 0
      ? [{ type: 'paragraph' as const, text: say('map.others', { countries: names.join(', ') }) }]
      : []),
    { type: 'paragraph', text: say('map.estimate') },
  ];
}

/** Dark with a number: an identifier went there; grey: only contacted. */
function draw(found: readonly string[], others: ReadonlySet<string>): string {
  const world = readWorld();
  const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'FeatureCollection', features: world });
  const path = geoPath(projection).digits(1);
  const idOf = (code: string): string => iso31661Alpha2ToNumeric[code] ?? '';
  const dark = new Set(found.map(idOf));
  const grey = new Set([...others].map(idOf));
  const fillOf = (id: string): string => (dark.has(id) ? '#555' : grey.has(id) ? '#ccc' : '#fff');
  const lands = world.map(
    (land) => `<path d="${path(land as GeoPermissibleObjects) ?? ''}" fill="${fillOf(String(land.id))}"/>`,
  );
  const pins = found.map((code, index) => {
    const land = world.find(({ id }) => String(id) === idOf(code));
    const at = land ? projection(geoCentroid(land)) : null;
    if (!at) return '';
    const [x, y] = [at[0].toFixed(1), at[1].toFixed(1)];
    return `<circle cx="${x}" cy="${y}" r="9" fill="#fff" stroke="#000" stroke-width="1.5"/><text x="${x}" y="${(at[1] + 4).toFixed(1)}" text-anchor="middle" font-size="11" font-weight="bold">${index + 1}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Libertinus Serif, serif"><g stroke="#999" stroke-width=".4">${lands.join('')}</g>${pins.join('')}</svg>`;
}

/** Countries of Natural Earth (public domain), by ISO 3166-1 number. */
function readWorld() {
  const atlas = createRequire(import.meta.url)('world-atlas/countries-110m.json') as Topology<{
    countries: GeometryCollection;
  }>;
  return feature(atlas, atlas.objects.countries).features.filter(({ id }) => id !== ANTARCTICA);
}
