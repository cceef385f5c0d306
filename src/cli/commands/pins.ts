/** `phonehome pins …`: apps that refuse the lab's certificate, and what the operator says about them. In a running lab. */
import { LabError } from '../../model/lab.ts';
import { PIN_OVERRIDES, type PinOverride, type PinState } from '../../model/pin.ts';
import { addressOf, call, listIn, type ReachFlags } from '../lab-client.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';

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
  else if (pins.length === 0) print('No app has refused to work through the lab.');
  else
    print(
      ...table([
        ['phone', 'server name', 'state', 'why', 'proof', 'rule', 'tries again'],
        ...pins.map((pin) => [
          pin.device,
          pin.name,
          wordFor(pin),
          pin.cause ?? '–',
          pin.proof ?? (pin.rejections > 0 ? `${pin.how ?? 'refused'}, ${pin.rejections} times` : '–'),
          pin.override,
          pin.until === null ? '–' : `after ${pin.left} more, or at ${new Date(pin.until).toLocaleTimeString('sv-SE')}`,
        ]),
      ]),
    );
  return 0;
}

export async function set(given: Record<string, unknown>, [name = '', override = '']: string[]): Promise<number> {
  const flags = given as unknown as PinFlags;
  if (!PIN_OVERRIDES.includes(override as PinOverride))
    throw new LabError(`"${override}" is no rule: say ${PIN_OVERRIDES.join(', ')}`);
  const lab = addressOf(flags);
  const device = flags.device ?? (await onlyPhoneWith(lab, name));
  const pin = (await call(lab, 'PUT', '/api/pins', { device, name, override })) as PinState;
  if (flags.json) printJson({ type: 'pin', ...pin });
  else print(`${pin.name} on ${pin.device}: ${RULES[pin.override]}`);
  return 0;
}

const RULES: Record<PinOverride, string> = {
  always: 'always passed through unread from now on.',
  never: 'intercepted whatever the app does; it may stop working.',
  auto: 'passed through as long as it is proven that the app works no other way.',
};

/** Without --device the name must tell which phone is meant. */
async function onlyPhoneWith(lab: ReturnType<typeof addressOf>, name: string): Promise<string> {
  const pins = listIn<PinState>(await call(lab, 'GET', '/api/pins'), 'pins');
  const phones = pins.filter((pin) => pin.name === name.toLowerCase()).map((pin) => pin.device);
  const [only] = phones;
  if (only === undefined || phones.length > 1)
    throw new LabError(
      `${only === undefined ? `no phone is known to have refused ${name}` : `several phones refused ${name}`}: say which one with --device (see phonehome pins list)`,
    );
  return only;
}

function wordFor({ state, override }: PinState): string {
  if (override === 'always') return 'passed through';
  if (override === 'never') return 'intercepted';
  return { watching: 'watching', pinned: 'passed through', probing: 'trying again' }[state];
}
