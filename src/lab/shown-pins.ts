/**
 * Pass-through states as they are shown: a server name in which the detector finds a value is masked, and an operator decides
 * by the name that was shown. Promise: the relay alone knows the real name of such a server; it is not kept over a restart.
 */
import type { PinOverride, PinState } from '../model/pin.ts';
import type { Masking } from './masking.ts';

interface RealPins {
  pins(): Promise<PinState[]>;
  setPin(device: string, name: string, mode: PinOverride): Promise<PinState>;
}

export function createShownPins({ pins, setPin }: RealPins, { maskHost }: Pick<Masking, 'maskHost'>) {
  const shown = (pin: PinState): PinState => ({ ...pin, name: maskHost(pin.name, pin.device) });
  return {
    pins: async (): Promise<PinState[]> => (await pins()).map(shown),
    async setPin(device: string, name: string, mode: PinOverride): Promise<PinState> {
      const meant = (await pins()).filter((pin) => pin.device === device && shown(pin).name === name);
      const names = meant.length > 0 ? meant.map((pin) => pin.name) : [name];
      const states = await Promise.all(names.map((each) => setPin(device, each, mode)));
      return shown(states[0] as PinState);
    },
    /** May be written down. */
    isPlain: (pin: PinState): boolean => shown(pin).name === pin.name,
  };
}
