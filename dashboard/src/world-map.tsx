/** The map: countries of Natural Earth, an arc from the lab to each that was contacted. Loaded when it is looked at. */
import { type GeoPermissibleObjects, geoArea, geoCentroid, geoNaturalEarth1, geoPath } from 'd3-geo';
import type { Geometry } from 'geojson';
import { iso31661Alpha2ToNumeric } from 'iso-3166/1-a2-to-1-n.js';
import { useEffect, useState } from 'preact/hooks';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlasAddress from 'world-atlas/countries-50m.json?url';
import type { Light } from './verdict.ts';

export interface MapPlace {
  code: string;
  /** 0 to 1 of the most. */
  weight: number;
  light: Light;
  isDisputed: boolean;
  isChosen: boolean;
  label: string;
  href: string;
}

const WIDTH = 960;
const HEIGHT = 450;
/** Nobody's server stands there. */
const ANTARCTICA = '010';

interface World {
  lands: { id: string; d: string }[];
  middleOf(code: string): [number, number] | null;
}

async function load(): Promise<World> {
  const atlas = (await (await fetch(atlasAddress)).json()) as Topology<{ countries: GeometryCollection }>;
  const countries = feature(atlas, atlas.objects.countries).features.filter(({ id }) => id !== ANTARCTICA);
  const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'FeatureCollection', features: countries });
  const path = geoPath(projection).digits(1);
  const byId = new Map(countries.map((one) => [String(one.id), one]));
  return {
    lands: countries.map((one, index) => ({ id: `${one.id} ${index}`, d: path(one as GeoPermissibleObjects) ?? '' })),
    middleOf(code) {
      const land = byId.get(iso31661Alpha2ToNumeric[code] ?? '');
      return land ? projection(geoCentroid(mainland(land.geometry))) : null;
    },
  };
}

/** Of a country in several parts the largest: the middle of all of them may lie in the sea. */
function mainland(shape: Geometry): Geometry {
  if (shape.type !== 'MultiPolygon') return shape;
  const parts = shape.coordinates.map((coordinates) => ({ type: 'Polygon' as const, coordinates }));
  return parts.reduce((one, other) => (geoArea(other) > geoArea(one) ? other : one));
}

export default function WorldMap({
  home,
  places,
  label,
  loading,
}: {
  home: string | null;
  places: readonly MapPlace[];
  label: string;
  loading: string;
}) {
  const [world, setWorld] = useState<World | null>(null);
  useEffect(() => {
    void load().then(setWorld, () => {});
  }, []);
  if (world === null) return <p class="empty">{loading}</p>;
  // Without a place of its own the lab stands below the map.
  const from = (home && world.middleOf(home)) || [WIDTH / 2, HEIGHT - 6];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a map is no set of fields
    <svg class="world" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label={label}>
      <g>
        {world.lands.map(({ id, d }) => (
          <path key={id} class="land" d={d} />
        ))}
      </g>
      {places.map((place) => {
        const to = world.middleOf(place.code);
        return to && <Arc key={place.code} place={place} from={from as [number, number]} to={to} />;
      })}
      <circle class="lab" cx={from[0]} cy={from[1]} r={5} />
    </svg>
  );
}

function Arc({ place, from, to }: { place: MapPlace; from: [number, number]; to: [number, number] }) {
  const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2 - Math.abs(to[0] - from[0]) * 0.25 - 12];
  const { href, label, light, isDisputed, isChosen, weight } = place;
  return (
    <a href={href} aria-label={label} aria-current={isChosen ? 'true' : undefined} class={`arc ${light}`}>
      <title>{label}</title>
      <path
        d={`M${from[0]} ${from[1]}Q${middle[0]} ${middle[1]} ${to[0]} ${to[1]}`}
        stroke-width={1.5 + 5 * Math.sqrt(weight)}
        stroke-dasharray={isDisputed ? '7 5' : undefined}
      />
      <circle cx={to[0]} cy={to[1]} r={isChosen ? 9 : 6} />
    </a>
  );
}
