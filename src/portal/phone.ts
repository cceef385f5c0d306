/** Which phone is looking at the page, from its User-Agent: only to open the right instructions first, never trusted. */

export interface PhoneKind {
  system: 'android' | 'ios' | 'other';
  /** Major version; null when it does not say. iPads may call themselves Macs and count as `other`. */
  version: number | null;
}

export function phoneOf(userAgent: string): PhoneKind {
  const ios = /\b(?:iPhone|iPad|iPod)\b.*?\bOS (\d{1,3})_/.exec(userAgent);
  if (ios) return { system: 'ios', version: Number(ios[1]) };
  if (/\b(?:iPhone|iPad|iPod)\b/.test(userAgent)) return { system: 'ios', version: null };
  const android = /\bAndroid (\d{1,3})/.exec(userAgent);
  if (android) return { system: 'android', version: Number(android[1]) };
  if (/\bAndroid\b|HarmonyOS/i.test(userAgent)) return { system: 'android', version: null };
  return { system: 'other', version: null };
}
