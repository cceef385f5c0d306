/** Settings: registered phones, and apps that are passed through. */
import { useEffect, useState } from 'preact/hooks';
import type { Device } from '../../src/model/device.ts';
import type { PinState } from '../../src/model/pin.ts';
import { PIN_OVERRIDES } from '../../src/model/words.ts';
import { SCROLLS } from './companies.tsx';
import { ask, LabRefusal, lab, look } from './lab.ts';
import { isOperator, Part } from './settings-part.tsx';
import { nounOf, number, t } from './words.ts';

/** As the API shows it: masked. */
type ShownDevice = Pick<Device, 'id' | 'model'> & {
  identifiers: Record<string, unknown[]>;
  canaries: Record<string, unknown[]>;
};

const loadDevices = async (): Promise<ShownDevice[]> => (await ask(lab.GET('/api/devices'))).devices;
const loadPins = async (): Promise<PinState[]> =>
  (await ask(lab.GET('/api/pins'))).pins.filter(({ device }) => !device.startsWith('replay.'));

export function PhonesPart({ devicesFile }: { devicesFile: string | null }) {
  const [devices, setDevices] = useState<ShownDevice[]>([]);
  useEffect(() => {
    void loadDevices().then(setDevices, () => {});
  }, []);
  const remove = async (id: string): Promise<void> => {
    if (!confirm(t('settings.remove.sure', { id }))) return;
    await ask(lab.DELETE('/api/devices/{id}', { params: { path: { id } } }));
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
                  <td>
                    {number(Object.values(canaries).reduce((sum, list) => sum + (list?.length ?? 0), 0))}
                    {isOperator() && devicesFile === null && (
                      <PlantForm id={id} onDone={async () => setDevices(await loadDevices())} />
                    )}
                  </td>
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

/** Contents that are put on the phone on purpose: whoever sends them away has read them. */
function PlantForm({ id, onDone }: { id: string; onDone: () => Promise<void> }) {
  const [values, setValues] = useState({ message: '', name: '', phone: '' });
  const [refusal, setRefusal] = useState<string | null>(null);
  const set = (field: keyof typeof values) => (event: Event) =>
    setValues({ ...values, [field]: (event.currentTarget as HTMLInputElement).value });
  const plant = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { message, name, phone } = values;
    const canaries = {
      ...(message.trim() ? { messages: [message.trim()] } : {}),
      ...(name.trim() && phone.trim() ? { contacts: [{ name: name.trim(), phone: phone.trim() }] } : {}),
    };
    try {
      if (Object.keys(canaries).length === 0) return setRefusal(t('plant.nothing'));
      // Taken away by somebody else meanwhile: adding to it would register it anew, without its values.
      await ask(lab.GET('/api/devices/{id}', { params: { path: { id } } }));
      await ask(lab.POST('/api/devices', { body: { id, canaries } }));
      setValues({ message: '', name: '', phone: '' });
      setRefusal(null);
      await onDone();
    } catch (error) {
      const isGone = error instanceof LabRefusal && error.status === 404;
      setRefusal(isGone ? t('plant.gone', { id }) : error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <details>
      <summary aria-label={`${t('plant.title')}: ${id}`}>{t('plant.title')}</summary>
      <form class="filters" onSubmit={(event) => void plant(event)}>
        <label>
          {t('plant.message')}
          <input value={values.message} onInput={set('message')} />
        </label>
        <label>
          {t('plant.name')}
          <input value={values.name} onInput={set('name')} />
        </label>
        <label>
          {t('plant.phone')}
          <input type="tel" value={values.phone} onInput={set('phone')} />
        </label>
        <button type="submit" class="button">
          {t('plant.save')}
        </button>
      </form>
      <p class="quiet">{t('plant.why')}</p>
      {refusal && <p class="refusal">{refusal}</p>}
    </details>
  );
}

export function PinsPart() {
  const [pins, setPins] = useState<PinState[]>([]);
  useEffect(() => {
    void loadPins().then(setPins, () => {});
  }, []);
  const set = async ({ device, name }: PinState, override: PinState['override']): Promise<void> => {
    await ask(lab.PUT('/api/pins', { body: { device, name, override } }));
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
                      onChange={(event) => void set(pin, event.currentTarget.value as PinState['override'])}
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
