/** How the lab is set up, part by part; what the signed-in person may not change or see says so. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { Device } from '../../src/model/device.ts';
import type { PinState } from '../../src/model/pin.ts';
import type { auditEntry, settings as settingsShape } from '../../src/model/schemas/settings.ts';
import { PIN_OVERRIDES, ROLES } from '../../src/model/words.ts';
import { ageOf, SCROLLS } from './companies.tsx';
import { ask, look, role } from './lab.ts';
import { country, date, nounOf, number, t, when } from './words.ts';

type Settings = z.infer<typeof settingsShape>;
type AuditEntry = z.infer<typeof auditEntry>;
/** As the API shows it: masked. */
type ShownDevice = Pick<Device, 'id' | 'model'> & {
  identifiers: Record<string, unknown[]>;
  canaries: Record<string, unknown[]>;
};

export function Settings() {
  const [settings, setSettings] = useState<Settings | null>(null);
  useEffect(() => {
    void ask<Settings>('/api/settings').then(setSettings, () => {});
  }, []);
  if (settings === null) return null;
  return (
    <div class="settings">
      <h1>{t('settings.title')}</h1>
      <PhonesPart devicesFile={settings.devicesFile} />
      <PinsPart />
      <DatabasesPart databases={settings.databases} />
      <CertificatePart certificate={settings.certificate} />
      <TokensPart />
      <KeptPart settings={settings} />
      <AuditPart />
    </div>
  );
}

function Part({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section aria-labelledby={`${id}-title`} class="part">
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

const isOperator = (): boolean => role.value === 'operator' || role.value === 'administrator';

const loadDevices = async (): Promise<ShownDevice[]> => (await ask<{ devices: ShownDevice[] }>('/api/devices')).devices;
const loadPins = async (): Promise<PinState[]> => (await ask<{ pins: PinState[] }>('/api/pins')).pins;

function PhonesPart({ devicesFile }: { devicesFile: string | null }) {
  const [devices, setDevices] = useState<ShownDevice[]>([]);
  useEffect(() => {
    void loadDevices().then(setDevices, () => {});
  }, []);
  const remove = async (id: string): Promise<void> => {
    if (!confirm(t('settings.remove.sure', { id }))) return;
    await ask(`/api/devices/${encodeURIComponent(id)}`, { method: 'DELETE' });
    setDevices(await loadDevices());
    await look();
  };
  const counted = (lists: Record<string, unknown[]>): string =>
    Object.entries(lists)
      .filter(([, values]) => Array.isArray(values) && values.length > 0)
      .map(([kind, values]) => `${nounOf(kind)}${values.length > 1 ? ` × ${number(values.length)}` : ''}`)
      .join(', ');
  return (
    <Part id="phones" title={t('settings.phones')}>
      {devicesFile !== null && <p>{t('settings.file', { file: devicesFile })}</p>}
      {devices.length === 0 ? (
        <p class="empty">{t('settings.phones.none')}</p>
      ) : (
        <div class="wide" {...SCROLLS}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('settings.phone')}</th>
                <th scope="col">{t('settings.values')}</th>
                <th scope="col">{t('settings.canaries')}</th>
                <th scope="col">
                  <span class="hidden">{t('settings.remove')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {devices.map(({ id, model, identifiers, canaries }) => (
                <tr key={id}>
                  <td>
                    {model ?? id} {model && <small>{id}</small>}
                  </td>
                  <td>{counted(identifiers)}</td>
                  <td>{number(Object.values(canaries).reduce((sum, list) => sum + (list?.length ?? 0), 0))}</td>
                  <td>
                    {isOperator() && devicesFile === null && (
                      <button
                        type="button"
                        class="button"
                        aria-label={`${t('settings.remove')}: ${id}`}
                        onClick={() => void remove(id)}
                      >
                        {t('settings.remove')}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p>
        <a class="button" href="#/add">
          {t('settings.phones.add')}
        </a>
      </p>
    </Part>
  );
}

function PinsPart() {
  const [pins, setPins] = useState<PinState[]>([]);
  useEffect(() => {
    void loadPins().then(setPins, () => {});
  }, []);
  const set = async ({ device, name }: PinState, override: string): Promise<void> => {
    await ask('/api/pins', { method: 'PUT', body: JSON.stringify({ device, name, override }) });
    setPins(await loadPins());
  };
  return (
    <Part id="pins" title={t('settings.pins')}>
      {pins.length === 0 ? (
        <p class="empty">{t('settings.pins.none')}</p>
      ) : (
        <div class="wide" {...SCROLLS}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('settings.phone')}</th>
                <th scope="col">{t('settings.pin.name')}</th>
                <th scope="col">{t('settings.pin.state')}</th>
              </tr>
            </thead>
            <tbody>
              {pins.map((pin) => (
                <tr key={`${pin.device} ${pin.name}`}>
                  <td>{pin.device}</td>
                  <td>{pin.name}</td>
                  <td>
                    <select
                      value={pin.override}
                      disabled={!isOperator()}
                      aria-label={`${t('settings.pin.state')}: ${pin.name}`}
                      onChange={(event) => void set(pin, event.currentTarget.value)}
                    >
                      {PIN_OVERRIDES.map((one) => (
                        <option key={one} value={one}>
                          {t(`pin.${one}`)}
                        </option>
                      ))}
                    </select>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  );
}

function DatabasesPart({ databases }: Pick<Settings, 'databases'>) {
  return (
    <Part id="databases" title={t('settings.databases')}>
      <div class="wide" {...SCROLLS}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('settings.database')}</th>
              <th scope="col">{t('settings.about')}</th>
              <th scope="col">{t('settings.age')}</th>
              <th scope="col">{t('settings.licence')}</th>
            </tr>
          </thead>
          <tbody>
            {databases.map(({ name, about, ageDays, state, licence }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>{t(`about.${about}`)}</td>
                <td class={state === 'fresh' ? '' : state === 'old' ? 'medium' : 'high'}>
                  {ageOf({ ageDays, state })}
                </td>
                <td>{licence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {databases.some(({ state }) => state !== 'fresh') && <p>{t('settings.advice')}</p>}
    </Part>
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
      <p>
        {t('settings.certificate.rotate')} <code>phonehome ca rotate</code>
      </p>
    </Part>
  );
}

function TokensPart() {
  const [rotated, setRotated] = useState<{ role: (typeof ROLES)[number]; token: string } | null>(null);
  const rotate = async (one: (typeof ROLES)[number]): Promise<void> => {
    if (!confirm(t('settings.rotate.sure', { role: t(`role.${one}`) }))) return;
    setRotated(await ask(`/api/tokens/${one}/rotate`, { method: 'POST', body: '{}' }));
  };
  return (
    <Part id="tokens" title={t('settings.tokens')}>
      {role.value !== 'administrator' ? (
        <p>{t('settings.only-admin')}</p>
      ) : (
        <>
          <p>{t('settings.tokens.why')}</p>
          <p>
            {ROLES.map((one) => (
              <button key={one} type="button" class="button" onClick={() => void rotate(one)}>
                {t('settings.rotate', { role: t(`role.${one}`) })}
              </button>
            ))}
          </p>
          <div role="status">
            {rotated && (
              <>
                <p>{t('settings.rotated', { role: t(`role.${rotated.role}`) })}</p>
                <p>
                  <code>{rotated.token}</code>
                </p>
              </>
            )}
          </div>
        </>
      )}
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

function AuditPart() {
  const [audit, setAudit] = useState<{ entries: AuditEntry[]; total: number } | null>(null);
  const mayRead = role.value === 'administrator';
  useEffect(() => {
    if (mayRead) void ask<{ entries: AuditEntry[]; total: number }>('/api/audit?limit=200').then(setAudit, () => {});
  }, [mayRead]);
  return (
    <Part id="audit" title={t('settings.audit')}>
      {!mayRead && <p>{t('settings.only-admin')}</p>}
      {audit && audit.total === 0 && <p class="empty">{t('settings.audit.none')}</p>}
      {audit && audit.total > 0 && (
        <>
          <p class="quiet">
            {t('settings.audit.more', { count: number(audit.entries.length), total: number(audit.total) })}
          </p>
          <div class="wide" {...SCROLLS}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('audit.when')}</th>
                  <th scope="col">{t('audit.action')}</th>
                  <th scope="col">{t('audit.subject')}</th>
                  <th scope="col">{t('audit.who')}</th>
                </tr>
              </thead>
              <tbody>
                {audit.entries.map(({ time, action, subject, who }, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: entries have no name of their own
                  <tr key={index}>
                    <td>{when(time)}</td>
                    <td>{action}</td>
                    <td>{subject}</td>
                    <td>{who}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Part>
  );
}
