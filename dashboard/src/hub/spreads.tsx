/** What rules over the whole fleet found, and what came and went with the firmware of a model. */
import type { FirmwareLine, FleetAlert } from '../../../src/model/hub.ts';
import { country, t, tn, when } from '../words.ts';
import { useHubAnswer } from './ask.ts';
import { whatOf } from './what.ts';

const LOOK_MS = 10_000;
const SHOWN = 8;

const receiverOf = ({ company, country: code }: { company: string | null; country: string | null }): string => {
  const place = country(code);
  const name = company ?? t('ledger.unknown');
  return place ? `${name} (${place})` : name;
};

export function Spreads() {
  const { value } = useHubAnswer<{ alerts: FleetAlert[] }>('/api/fleet-alerts?simulated=false&limit=100', LOOK_MS);
  // Several rules may find the same.
  const alerts = [...new Map(value?.alerts.map((alert) => [keyOf(alert), alert])).values()];
  if (alerts.length === 0) return null;
  return (
    <section aria-labelledby="spread-title">
      <h2 id="spread-title">{t('spread.title')}</h2>
      <ul class="rows">
        {alerts.slice(0, SHOWN).map((alert) => (
          <li key={keyOf(alert)}>
            <a class="row" href={ledgerLink(alert)}>
              <span class="what">
                {t('spread.what', { what: whatOf(alert.kind), model: modelOf(alert), receiver: receiverOf(alert) })}
              </span>
              <time dateTime={alert.raised}>{when(alert.raised)}</time>
              <span class="facts">
                {t('spread.since', {
                  phones: tn('fleet.phones', alert.units),
                  labs: tn('fleet.labs', alert.labs),
                  when: when(alert.firstSeen),
                })}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {alerts.length > SHOWN && (
        <p>
          <a href="#/ledger">{t('spread.more')}</a>
        </p>
      )}
    </section>
  );
}

const keyOf = ({ kind, model, firmware, company, country: code }: FleetAlert): string =>
  [kind, model, firmware, company, code].join('\0');

function modelOf({ model, firmware }: FleetAlert): string {
  const name = model ?? t('models.unregistered');
  return firmware === null ? name : t('spread.firmware', { model: name, firmware });
}

function ledgerLink({ kind, model, company }: FleetAlert): string {
  const query = new URLSearchParams({ kind });
  if (model !== null) query.set('model', model);
  if (company !== null) query.set('company', company);
  return `#/ledger?${query}`;
}

/** @param model the one that the person chose */
export function FirmwareChanges({ model }: { model: string }) {
  const { value } = useHubAnswer<{ lines: FirmwareLine[] }>(`/api/firmware?model=${encodeURIComponent(model)}`);
  const changed = value?.lines.filter(({ appearedWith, goneWith }) => appearedWith !== null || goneWith !== null) ?? [];
  return (
    <section aria-labelledby="firmware-title">
      <h2 id="firmware-title">{t('firmware.title')}</h2>
      {value && changed.length === 0 && <p class="empty">{t('firmware.none')}</p>}
      <ul class="plain choices">
        {changed.map((line) => (
          <li key={`${line.kind} ${line.company} ${line.country}`}>
            <span>{t('spread.what', { what: whatOf(line.kind), model, receiver: receiverOf(line) })}</span>
            <span>{changesOf(line)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function changesOf({ appearedWith, goneWith, seen }: FirmwareLine): string {
  const first = seen[0];
  return [
    ...(appearedWith === null || !first
      ? []
      : [
          t('firmware.appeared', {
            version: appearedWith,
            phones: tn('fleet.phones', first.units),
            labs: tn('fleet.labs', first.labs),
          }),
        ]),
    ...(goneWith === null ? [] : [t('firmware.gone', { version: goneWith })]),
  ].join(' · ');
}
