/**
 * What is known about apps that are passed through, kept over restarts in DATA/pins.json: an app must not fail three times again because
 * the lab was restarted. Promise: written at most once a second and at the end, whole or not at all; a file that cannot
 * be read is a line in the warnings and an empty book.
 */
import { readFileSync } from 'node:fs';
import { replaceFile } from '../formats/replace-file.ts';
import { PIN_OVERRIDES, type PinState } from '../model/pin.ts';

export interface PinBook {
  initial: PinState[];
  note(state: PinState): void;
  /** Written at once. False where nothing was known of it. */
  forget(device: string): boolean;
  close(): void;
}

const WRITE_EVERY_MS = 1000;
/** As many as the wire remembers. */
const MAX_STATES = 10_000;

export function openPinBook(file: string, warnings: string[]): PinBook {
  const initial = read(file, warnings);
  const states = new Map(initial.map((state) => [keyOf(state), state]));
  let timer: NodeJS.Timeout | null = null;
  const write = (): void => {
    timer = null;
    try {
      replaceFile(file, `${JSON.stringify({ pins: [...states.values()] })}\n`);
    } catch {
      // A full disk is said by the store; what is lost here is learnt again.
    }
  };
  return {
    initial,
    note(state) {
      if (state.override === 'auto' && state.rejections === 0 && state.state === 'watching')
        states.delete(keyOf(state));
      else states.set(keyOf(state), state);
      if (states.size > MAX_STATES) states.delete(states.keys().next().value as string);
      timer ??= setTimeout(write, WRITE_EVERY_MS).unref();
    },
    forget(device) {
      let isKnown = false;
      for (const [key, state] of states) if (state.device === device) isKnown = states.delete(key) || isKnown;
      if (!isKnown) return false;
      if (timer !== null) clearTimeout(timer);
      write();
      return true;
    },
    close() {
      if (timer === null) return;
      clearTimeout(timer);
      write();
    },
  };
}

function keyOf({ device, name }: PinState): string {
  return `${device}\n${name}`;
}

function read(file: string, warnings: string[]): PinState[] {
  try {
    const { pins } = JSON.parse(readFileSync(file, 'utf8')) as { pins: PinState[] };
    return pins.filter(({ device, name, override }) => device && name && PIN_OVERRIDES.includes(override));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      warnings.push(`${file} cannot be read: pinned apps are learnt anew; remove the file to be rid of this line`);
    return [];
  }
}
