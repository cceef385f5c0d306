/** Which phone is looking at the page, from its User-Agent: only to open the right instructions first, never trusted. */

export interface PhoneKind {
  system: 'android' | 'ios' | 'other';
  /** Major version; null when it does not say. */
  version: number | null;
}

/** What an iPad calls itself since iPadOS 13, to the letter as a Mac does; an iPad is what comes to a lab for phones. */
const LIKE_A_MAC = /\(Macintosh;[^)]*\).*(?:\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\/|\b(?:CriOS|FxiOS|EdgiOS)\/)/;

export function phoneOf(userAgent: string): PhoneKind {
  const ios = /\b(?:iPhone|iPad|iPod)\b.*?\bOS (\d{1,3})_/.exec(userAgent);
  if (ios) return { system: 'ios', version: Number(ios[1]) };
  if (/\b(?:iPhone|iPad|iPod)\b/.test(userAgent)) return { system: 'ios', version: null };
  if (LIKE_A_MAC.test(userAgent)) return { system: 'ios', version: null };
  // What browsers built on Chromium say of every version since 2023: it says nothing.
  if (userAgent.includes('Android 10; K)')) return { system: 'android', version: null };
  const android = /\bAndroid (\d{1,3})/.exec(userAgent);
  if (android) return { system: 'android', version: Number(android[1]) };
  if (/\bAndroid\b|HarmonyOS/i.test(userAgent)) return { system: 'android', version: null };
  return { system: 'other', version: null };
}
