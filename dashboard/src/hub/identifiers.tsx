/** Values that nobody registered, compared over the phones of a model: what stays with a phone is an identifier of it. */
import type { ModelIdentifier } from '../../../src/model/hub.ts';
import { country, t, tn } from '../words.ts';
import { useHubAnswer } from './ask.ts';
import { whatOf } from './what.ts';

/** @param model the one that the person chose */
export function UnregisteredValues({ model }: { model: string }) {
  const { value } = useHubAnswer<{ identifiers: ModelIdentifier[] }>(
    `/api/identifiers?model=${encodeURIComponent(model)}`,
  );
  if (!value || value.identifiers.length === 0) return null;
  return (
    <section aria-labelledby="unregistered-title">
      <h2 id="unregistered-title">{t('unregistered.title')}</h2>
      <p class="quiet">{t('unregistered.about')}</p>
      <ul class="plain choices">
        {value.identifiers.map((one) => (
          <li key={[one.company, one.host, one.kind, one.where, one.path].join('\0')}>
            <span>
              {[whatOf(one.kind), one.path, one.host, one.company, country(one.country)].filter(Boolean).join(' · ')}
            </span>
            <span>
              {t(`unregistered.${one.verdict}`, {
                phones: tn('fleet.phones', one.units),
                labs: tn('fleet.labs', one.labs),
                values: tn('unregistered.values', one.values),
              })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
