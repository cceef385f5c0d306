/**
 * A key for each phone, under which its values are sealed, in a file of its own: to forget the phone is to destroy the file.
 * What seals is made of the file and of the installation's key, so that neither alone opens anything. Names of files say nothing
 * of whose they are.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readOrCreate } from './key-file.ts';
import { KEY_BYTES } from './seal.ts';

export interface PhoneKeys {
  /** Made at first use; null when the disk takes no file. */
  keyOf(deviceId: string): Buffer | null;
  /** Null when there is none. */
  find(deviceId: string): Buffer | null;
  /** Overwrites and removes it. */
  /** False where there was none. */
  destroy(deviceId: string): boolean;
}

/** As many phones send at a time. */
const MAX_HELD = 500;

export function openPhoneKeys(directory: string, installation: Buffer): PhoneKeys {
  const held = new Map<string, Buffer>();
  const fileOf = (deviceId: string): string =>
    join(directory, `${createHmac('sha256', installation).update(`phone ${deviceId}`).digest('hex').slice(0, 32)}.key`);

  function read(deviceId: string): Buffer {
    const text = readOrCreate(fileOf(deviceId), () => randomBytes(KEY_BYTES).toString('hex'));
    const key = createHmac('sha256', installation).update(text).digest();
    if (held.size >= MAX_HELD) held.delete(held.keys().next().value as string);
    held.set(deviceId, key);
    return key;
  }

  return {
    keyOf(deviceId) {
      const known = held.get(deviceId);
      if (known) return known;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        return read(deviceId);
      } catch {
        return null; // What is sealed meanwhile is sealed with the installation's key, and deleted with its alert.
      }
    },
    find: (deviceId) => held.get(deviceId) ?? (existsSync(fileOf(deviceId)) ? read(deviceId) : null),
    destroy(deviceId) {
      held.delete(deviceId);
      const file = fileOf(deviceId);
      if (!existsSync(file)) return false;
      const descriptor = openSync(file, 'r+');
      writeSync(descriptor, Buffer.alloc(statSync(file).size), 0);
      fsyncSync(descriptor);
      closeSync(descriptor);
      rmSync(file);
      return true;
    },
  };
}
