/** How the lab is set up, part by part; what the signed-in person may not change or see says so. */
import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { settings as settingsShape } from '../../src/model/schemas/settings.ts';
import { ask, lab } from './lab.ts';
import { ReceiversPart } from './receivers.tsx';
import { AuditPart, TokensPart } from './settings-access.tsx';
import { DatabasesPart } from './settings-databases.tsx';
import { Part } from './settings-part.tsx';
import { PhonesPart, PinsPart } from './settings-phones.tsx';
import { country, date, number, t } from './words.ts';

type Settings = z.infer<typeof settingsShape>;
export function Settings() {
  const [settings, setSettings] = useState<Settings | null>(null);
  useEffect(() => {
    void ask(lab.GET('/api/settings')).then(setSettings, () => {});
  }, []);
  if (settings === null) return null;
  return (
    <div class="settings">
      <h1>{t('settings.title')}</h1>
      <PhonesPart devicesFile={settings.devicesFile} />
      <PinsPart />
      <ReceiversPart />
      <DatabasesPart databases={settings.databases} />
      <CertificatePart certificate={settings.certificate} />
      <TokensPart />
      <KeptPart settings={settings} />
      <AuditPart />
    </div>
  );
}

function CertificatePart({ certificate: { name, fingerprint, validTo } }: Pick<Settings, 'certificate'>) {
  return (
    <Part id="certificate" title={t('settings.certificate')}>
      <dl>
        <dt>{t('settings.certificate.name')}</dt>
        <dd>{name}</dd>
        <dt>{t('settings.certificate.print')}</dt>
        <dd>
          <code>{fingerprint}</code>
        </dd>
        <dt>{t('settings.certificate.until')}</dt>
        <dd>{date(validTo)}</dd>
      </dl>
      <h3>{t('rotate.title')}</h3>
      <p>{t('rotate.warning')}</p>
      <ol>
        <li>{t('rotate.stop')}</li>
        <li>
          {t('rotate.run')} <code>phonehome ca rotate</code>
        </li>
        <li>{t('rotate.start')}</li>
        <li>{t('rotate.phones')}</li>
      </ol>
    </Part>
  );
}

const KEEPS = { none: 'keep.none', findings: 'keep.findings', all: 'keep.all' } as const;

function KeptPart({ settings: { retentionDays, keep, homeCountry } }: { settings: Settings }) {
  return (
    <Part id="kept" title={t('settings.kept')}>
      <p>
        {retentionDays === 0
          ? t('settings.retention.never')
          : t('settings.retention', { count: number(retentionDays) })}
      </p>
      <p>{t('settings.keep', { what: t(KEEPS[keep]) })}</p>
      <p>
        {homeCountry === null
          ? t('settings.home.none')
          : t('settings.home', { country: country(homeCountry) ?? homeCountry })}
      </p>
    </Part>
  );
}
