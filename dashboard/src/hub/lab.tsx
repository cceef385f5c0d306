/** One lab: how it stands, its phones, what it found. */
import type { FleetLab, FleetOverview, LabUnit } from '../../../src/model/hub.ts';
import { Refusal } from '../refusal.tsx';
import { route } from '../route.ts';
import { nounOf, number, share, t, tn, when } from '../words.ts';
import { useHubAnswer } from './ask.ts';
import { FindingList } from './findings.tsx';
import { problemsOf, sinceOf, sizeOf } from './standing.ts';

const LOOK_MS = 10_000;
const LATEST = 50;

export function Lab() {
  const name = route.value.rest;
  const { value, refusal } = useHubAnswer<FleetOverview>('/api/overview', LOOK_MS);
  const units = useHubAnswer<{ units: LabUnit[] }>(`/api/labs/${encodeURIComponent(name)}/units`, LOOK_MS);
  const lab = value?.labs.find((one) => one.lab === name);
  if (value && !lab) return <p class="empty">{t('lab.unknown')}</p>;
  return (
    <>
      <h1>{name}</h1>
      <Refusal said={refusal?.message ?? units.refusal?.message} />
      {lab && <Standing lab={lab} />}
      <div class="two">
        <section aria-labelledby="units-title">
          <h2 id="units-title">
            {t('lab.phones')} <small>{units.value ? number(units.value.units.length) : ''}</small>
          </h2>
          <div class="cards">
            {units.value?.units.map((unit) => (
              <Unit key={`${unit.unit} ${unit.simulated}`} unit={unit} />
            ))}
          </div>
        </section>
        <section aria-labelledby="lab-findings-title">
          <h2 id="lab-findings-title">
            <a href={`#/findings?lab=${encodeURIComponent(name)}`}>{t('lab.findings')}</a>
          </h2>
          <FindingList filters={new URLSearchParams({ lab: name }).toString()} pageSize={LATEST} />
        </section>
      </div>
    </>
  );
}

function Standing({ lab }: { lab: FleetLab }) {
  const { version, head, held, signed, presence } = lab;
  return (
    <>
      <p class={`summary presence ${presence}`} role="status">
        {sinceOf(lab)}
      </p>
      <p>
        {[
          sizeOf(lab),
          ...(version === null ? [] : [t('lab.version', { version })]),
          ...(head === null ? [] : [t('lab.held', { held: number(held), head: number(Math.max(held, head)) })]),
          ...(signed === null
            ? []
            : [t('lab.signed', { position: number(signed.position), when: when(signed.time), key: signed.key })]),
        ].join(' · ')}
      </p>
      {problemsOf(lab).map((problem) => (
        <p key={problem} class="notice">
          {problem}
        </p>
      ))}
    </>
  );
}

function Unit({ unit }: { unit: LabUnit }) {
  const { model, firmware, name, worst, kinds, companies, connections, trust, readShare, lastSeen, simulated } = unit;
  const light = kinds.length > 0 ? (worst ?? 'grey') : trust === 'refuses' ? 'medium' : 'grey';
  return (
    <article class={`card ${simulated ? 'replay' : light}`}>
      <header>
        <h3>{name ?? model ?? t('models.unregistered')}</h3>
        <code class="quiet">{unit.unit.slice(0, 8)}</code>
        {worst && <span class={`badge ${worst}`}>{t(`severity.${worst}`)}</span>}
        {simulated && <span class="badge replay">{t('alert.replay')}</span>}
      </header>
      <p class={`verdict ${light}`}>
        {kinds.length > 0
          ? t('unit.found', { kinds: kinds.map(nounOf).join(', ') })
          : trust === 'refuses'
            ? t('unit.refuses')
            : t('unit.none')}
      </p>
      <p class="quiet">
        {[
          ...(firmware === null ? [] : [t('models.firmware', { versions: firmware })]),
          tn('unit.connections', connections),
          tn('fleet.companies', companies),
          ...(readShare === null ? [] : [t('unit.read', { share: share(readShare) })]),
        ].join(' · ')}
      </p>
      <footer>
        <span class="quiet">{when(lastSeen)}</span>
      </footer>
    </article>
  );
}
