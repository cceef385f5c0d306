/** Hides in names and words that are kept or shown what the detector finds in them. */
import { maskHost, type SecretTest } from '../alert/masked-url.ts';
import { createSeenTest, createTextTest, createValueTest, type TextTest } from '../inspect/text-test.ts';
import type { Device } from '../model/device.ts';
import type { Finding } from '../model/identifier.ts';

export interface Masking {
  /** What must not show of that phone, and of what was found. */
  secretsOf(deviceId: string | null, found?: Finding | null): SecretTest;
  maskHost(host: string, deviceId: string | null): string;
}

/** Hosts that come with every connection. */
const MAX_HOSTS = 2000;

interface Phone extends TextTest {
  hosts: Map<string, string>;
}

export function createMasking(deviceOf: (deviceId: string | null) => Device | null): Masking {
  const phones = new WeakMap<Device, Phone>();
  const unregistered: Phone = { ...createTextTest(null), hosts: new Map() };

  function phoneOf(deviceId: string | null): Phone {
    const device = deviceOf(deviceId);
    if (device === null) return unregistered;
    let phone = phones.get(device);
    if (phone === undefined) {
      phone = { ...createTextTest(device), hosts: new Map() };
      phones.set(device, phone);
    }
    return phone;
  }

  return {
    secretsOf: (deviceId, found = null) => withFound(phoneOf(deviceId), found),
    maskHost(host, deviceId) {
      const phone = phoneOf(deviceId);
      let shown = phone.hosts.get(host);
      if (shown === undefined) {
        shown = maskHost(host, phone, false);
        if (phone.hosts.size >= MAX_HOSTS) phone.hosts.clear();
        phone.hosts.set(host, shown);
      }
      return shown;
    },
  };
}

function withFound(phone: TextTest, found: Finding | null): SecretTest {
  if (found === null) return phone;
  const { value, seen, identifier } = found;
  // What stands in place of a value (`128 bytes`) is none.
  const [what, how] = [value, seen].map((text) => (text === identifier.masked ? '' : text)) as [string, string];
  const isFound = identifier.known ? createSeenTest(what, how) : createValueTest(what, how);
  return {
    holds: (name) => isFound(name) || phone.holds(name),
    tells: (words) => isFound(words) || phone.tells(words),
  };
}
