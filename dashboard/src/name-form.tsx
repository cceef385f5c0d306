/** Naming a phone: its numbers as `*#06#` shows them, checked as one types; the lab checks them again and says what it minds. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { passesLuhn } from '../../src/kinds/parts/luhn.ts';
import { ask, lab, look, role } from './lab.ts';
import { Refusal } from './refusal.tsx';
import { t } from './words.ts';

const FIELDS = ['imei', 'imsi', 'iccid', 'phone_number', 'wifi_mac', 'serial'] as const;
type Field = (typeof FIELDS)[number];
const WORD = {
  imei: 'form.imei',
  imsi: 'form.imsi',
  iccid: 'form.iccid',
  phone_number: 'form.phone',
  wifi_mac: 'form.wifi',
  serial: 'form.serial',
} as const;

/** What the person may have meant otherwise; null: nothing. */
export function doubtOf(field: Field, text: string): string | null {
  if (field !== 'imei') return null;
  for (const line of lines(text)) {
    const digits = line.replace(/\/\d\d$/, '').replace(/\D/g, '');
    if (digits.length !== 15) return t('form.bad-length', { count: 15 });
    if (!passesLuhn(digits)) return t('form.bad-digit');
  }
  return null;
}

const lines = (text: string): string[] =>
  text
    .split(/[\n,;]/)
    .map((one) => one.trim())
    .filter(Boolean);

export function NameForm({ address, onDone }: { address: string | null; onDone: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [values, setValues] = useState<Partial<Record<Field | 'id' | 'model', string>>>({});
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const set = (name: Field | 'id' | 'model') => (event: Event) =>
    setValues({ ...values, [name]: (event.currentTarget as HTMLInputElement).value });
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const identifiers = Object.fromEntries(
      FIELDS.flatMap((field) => {
        const given = lines(values[field] ?? '');
        return given.length > 0 ? [[field, given]] : [];
      }),
    );
    const body = {
      id: values.id?.trim(),
      ...(values.model?.trim() ? { model: values.model.trim() } : {}),
      ...(address ? { match: { ip: address } } : {}),
      identifiers,
    };
    try {
      await ask(lab.POST('/api/devices', { body }));
      await look();
      onDone();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <dialog ref={dialog} onClose={onDone} aria-labelledby="form-title">
      <form onSubmit={(event) => void save(event)}>
        <h2 id="form-title">
          {t('form.title')} {address && <small>{address}</small>}
        </h2>
        {role.value === 'viewer' && <p class="refusal">{t('form.viewer')}</p>}
        <label>
          {t('form.id')}
          <input
            required
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
            maxLength={64}
            value={values.id ?? ''}
            onInput={set('id')}
          />
        </label>
        <label>
          {t('form.model')}
          <input maxLength={100} value={values.model ?? ''} onInput={set('model')} />
        </label>
        {FIELDS.map((field) => {
          const doubt = doubtOf(field, values[field] ?? '');
          return (
            <label key={field}>
              {t(WORD[field])}
              <textarea
                rows={1}
                value={values[field] ?? ''}
                onInput={set(field)}
                aria-describedby={doubt ? `doubt-${field}` : undefined}
              />
              {doubt && (
                <span id={`doubt-${field}`} class="doubt">
                  {doubt}
                </span>
              )}
            </label>
          );
        })}
        <p class="quiet">{t('form.why')}</p>
        <Refusal said={refusal} />
        <footer>
          <button type="button" class="button" onClick={onDone}>
            {t('form.cancel')}
          </button>
          <button type="submit" class="button main">
            {t('form.save')}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
