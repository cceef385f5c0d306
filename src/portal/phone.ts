/** Which phone is looking at the page, from its User-Agent: only to open the right instructions first, never trusted. */

export interface PhoneKind {
  system: 'android' | 'ios' | 'other';
  /** Major version; null when it does not say. */
  version: number | null;
  /** Firefox, which keeps a list of certificates of its own. */
  isFirefox: boolean;
}

/** What an iPad calls itself since iPadOS 13, to the letter as a Mac does; an iPad is what comes to a lab for phones. */
const LIKE_A_MAC = /\(Macintosh;[^)]*\).*(?:\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\/|\b(?:CriOS|FxiOS|EdgiOS)\/)/;

/** Safari 26 says iOS 18.6 of every later one: then its own version is the system's. */
const FROZEN_IOS = 18;

export function phoneOf(userAgent: string): PhoneKind {
  const isFirefox = /\bFirefox\/|\bFxiOS\//.test(userAgent);
  const safari = Number(/\bVersion\/(\d{1,3})[\d.]* (?:Mobile\/\w+ )?Safari\//.exec(userAgent)?.[1] ?? 0);
  const ios = /\b(?:iPhone|iPad|iPod)\b.*?\bOS (\d{1,3})_/.exec(userAgent);
  if (ios) {
    const said = Number(ios[1]);
    return { system: 'ios', version: said >= FROZEN_IOS ? Math.max(said, safari) : said, isFirefox };
  }
  if (/\b(?:iPhone|iPad|iPod)\b/.test(userAgent)) return { system: 'ios', version: null, isFirefox };
  if (LIKE_A_MAC.test(userAgent)) return { system: 'ios', version: safari || null, isFirefox };
  // What browsers built on Chromium say of every version since 2023: it says nothing.
  if (userAgent.includes('Android 10; K)')) return { system: 'android', version: null, isFirefox };
  const android = /\bAndroid (\d{1,3})/.exec(userAgent);
  if (android) return { system: 'android', version: Number(android[1]), isFirefox };
  if (/\bAndroid\b|HarmonyOS/i.test(userAgent)) return { system: 'android', version: null, isFirefox };
  return { system: 'other', version: null, isFirefox };
}
