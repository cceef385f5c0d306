/** Three facts, never one flag: where the server is, who runs the network, who owns the name. */
import type { DestinationFacts } from '../../src/model/destination.ts';
import { country, t } from './words.ts';

export function ThreeFacts({ facts: { location, network, owner } }: { facts: DestinationFacts }) {
  return (
    <dl class="three">
      <div>
        <dt>{t('alert.server')}</dt>
        <dd>
          {country(location.country) ?? t('alert.unknown')}
          <small>{t(`alert.${location.confidence}`)}</small>
        </dd>
      </div>
      <div>
        <dt>{t('alert.network')}</dt>
        <dd>
          {network.org ?? t('alert.unknown')}
          <small>{[network.asn && `AS${network.asn}`, country(network.country)].filter(Boolean).join(' · ')}</small>
        </dd>
      </div>
      <div>
        <dt>{t('alert.company')}</dt>
        <dd>
          {owner.name ?? t('alert.unknown')}
          <small>{country(owner.country) ?? ''}</small>
        </dd>
      </div>
    </dl>
  );
}
