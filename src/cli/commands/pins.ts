/** `phonehome pins …`: apps that refuse the lab's certificate, and what the operator says about them. In a running lab. */
import { LabError } from '../../model/lab.ts';
import { PIN_OVERRIDES, type PinOverride, type PinState } from '../../model/pin.ts';
import { addressOf, call, listIn, type ReachFlags } from '../lab-client.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { inWords, words } from '../words.ts';

interface PinFlags extends ReachFlags {
  json: boolean;
  device?: string | null;
}

export async function list(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as PinFlags;
  const pins = listIn<PinState>(await call(addressOf(flags), 'GET', '/api/pins'), 'pins').filter(
    ({ device }) => !flags.device || device === flags.device,
  );
  if (flags.json) for (const pin of pins) printJson({ type: 'pin', ...pin });
  else if (pins.length === 0) print(words('pins.none'));
  else
    print(
      ...table([
        (['phone', 'name', 'state', 'why', 'proof', 'rule', 'again'] as const).map((name) =>
          words(`pins.head.${name}`),
        ),
        ...pins.map((pin) => [
          pin.device,
          pin.name,
          wordFor(pin),
          pin.cause === null ? '–' : words(`pins.cause.${pin.cause}`),
          (pin.proofText ? inWords(pin.proofText) : pin.proof) ??
            (pin.rejections > 0
              ? words('pins.refused', { how: pin.how ?? words('pins.how-refused'), times: pin.rejections })
              : '–'),
          pin.override,
          pin.until === null
            ? '–'
            : words('pins.again', { left: pin.left, at: new Date(pin.until).toLocaleTimeString('sv-SE') }),
        ]),
      ]),
    );
  return 0;
}

export async function set(given: Record<string, unknown>, [name = '', override = '']: string[]): Promise<number> {
  const flags = given as unknown as PinFlags;
  if (!PIN_OVERRIDES.includes(override as PinOverride))
    throw new LabError(words('pins.no-rule', { word: override, rules: PIN_OVERRIDES.join(', ') }));
  const lab = addressOf(flags);
  const device = flags.device ?? (await onlyPhoneWith(lab, name));
  const pin = (await call(lab, 'PUT', '/api/pins', { device, name, override })) as PinState;
  if (flags.json) printJson({ type: 'pin', ...pin });
  else print(words('pins.set', { name: pin.name, device: pin.device, rule: words(`pins.rule.${pin.override}`) }));
  return 0;
}

/** Without --device the name must tell which phone is meant. */
async function onlyPhoneWith(lab: ReturnType<typeof addressOf>, name: string): Promise<string> {
  const pins = listIn<PinState>(await call(lab, 'GET', '/api/pins'), 'pins');
  const phones = pins.filter((pin) => pin.name === name.toLowerCase()).map((pin) => pin.device);
  const [only] = phones;
  if (only === undefined || phones.length > 1)
    throw new LabError(words(only === undefined ? 'pins.nobody' : 'pins.several', { name }));
  return only;
}

function wordFor({ state, override }: PinState): string {
  if (override === 'always') return words('pins.state.passed');
  if (override === 'never') return words('pins.state.intercepted');
  return words(`pins.state.${state}`);
}
