/** Settings: the databases of places and networks with their age, and a newer one handed in. */
import { useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { geoChange, settings as settingsShape } from '../../src/model/schemas/settings.ts';
import { ageOf, SCROLLS } from './companies.tsx';
import { ask, lab, role } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { Part } from './settings-part.tsx';
import { t } from './words.ts';

type Databases = z.infer<typeof settingsShape>['databases'];
type Change = z.infer<typeof geoChange>;

export function DatabasesPart({ databases: given }: { databases: Databases }) {
  const [changed, setChanged] = useState<Change | null>(null);
  const databases = changed?.databases ?? given;
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
      {role.value === 'administrator' ? <HandIn onChange={setChanged} /> : <p>{t('settings.only-admin-databases')}</p>}
      <p role="status">
        {changed !== null &&
          (changed.changed.length === 0
            ? t('settings.geo.nothing')
            : t('settings.geo.changed', { files: changed.changed.join(', ') }))}
      </p>
    </Part>
  );
}

function HandIn({ onChange }: { onChange: (change: Change) => void }) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isOlder, setOlder] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const chosen = useRef<HTMLInputElement>(null);

  async function change(work: () => Promise<Change>): Promise<void> {
    setBusy(true);
    setRefusal(null);
    try {
      onChange(await work());
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }
  const handIn = (): void => {
    const [file] = chosen.current?.files ?? [];
    if (!file) return;
    const query = { name: file.name, ...(isOlder ? { older: true } : {}) };
    void change(() => ask(lab.POST('/api/databases', { params: { query }, body: file })));
  };
  const rollBack = (): void => {
    if (confirm(t('settings.geo.rollback.sure'))) void change(() => ask(lab.DELETE('/api/databases')));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        handIn();
      }}
    >
      <p>
        <label>
          {t('settings.geo.file')} <input ref={chosen} type="file" accept=".mmdb,.gz" required />
        </label>
      </p>
      <label class="check">
        <input type="checkbox" checked={isOlder} onChange={(event) => setOlder(event.currentTarget.checked)} />
        {t('settings.geo.older')}
      </label>
      <button type="submit" class="button" disabled={isBusy}>
        {t(isBusy ? 'settings.geo.busy' : 'settings.geo.take')}
      </button>
      <button type="button" class="button" disabled={isBusy} onClick={rollBack}>
        {t('settings.geo.rollback')}
      </button>
      <Refusal said={refusal} />
    </form>
  );
}
