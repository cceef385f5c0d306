/** How a phone gets the lab's certificate, per system and version: which guide is whose. The words stand in the catalogue. */
import type { SetupKey } from '../model/catalogue/setup-en.ts';
import type { PhoneKind } from './phone.ts';

export interface Guide {
  name: 'android-14' | 'android-11' | 'android-7' | 'android-4' | 'ios-15' | 'ios-12' | 'firefox';
  system: PhoneKind['system'];
  /** Inclusive range of major versions; null = open. */
  from: number | null;
  to: number | null;
  steps: readonly SetupKey[];
  path: SetupKey;
  /** A second switch, as iOS has. */
  switchPath: SetupKey | null;
}

const STEPS = ['step.1', 'step.2', 'step.3'] as const;

function guide(name: Exclude<Guide['name'], 'firefox'>, from: number | null, to: number | null): Guide {
  return {
    name,
    system: name.startsWith('ios') ? 'ios' : 'android',
    from,
    to,
    steps: STEPS.map((step) => `guide.${name}.${step}` as const),
    path: `guide.${name}.path`,
    switchPath: name === 'ios-15' || name === 'ios-12' ? `guide.${name}.switch` : null,
  };
}

export const GUIDES: readonly Guide[] = [
  guide('android-14', 14, null),
  guide('android-11', 11, 13),
  guide('android-7', 7, 10),
  guide('android-4', null, 6),
  guide('ios-15', 15, null),
  guide('ios-12', null, 14),
];

/** Besides the one of the phone's Android. */
export const FIREFOX: Guide = {
  name: 'firefox',
  system: 'android',
  from: null,
  to: null,
  steps: ['guide.firefox.step.1', 'guide.firefox.step.2'],
  path: 'guide.firefox.path',
  switchPath: null,
};

/** The one for this phone; of a phone that keeps its version to itself the newest. Null: for no phone that is known. */
export function guideFor({ system, version }: PhoneKind): Guide | null {
  return (
    GUIDES.find(
      (one) =>
        one.system === system &&
        (version === null
          ? one.to === null
          : (one.from ?? 0) <= version && version <= (one.to ?? Number.POSITIVE_INFINITY)),
    ) ?? null
  );
}
