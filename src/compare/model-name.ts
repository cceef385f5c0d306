/** What an unregistered phone calls itself: the model in an Android or iOS user agent (RFC 9110 10.1.5, vendors' practice). */

const ANDROID = /\bAndroid [\d.]+;(?: [a-z]{2}(?:[-_][A-Za-z]{2})?;)? ([^;()]{2,60}?)(?: Build\/|\))/;
const APPLE = /\b(iPhone|iPad|iPod)(\d{1,2},\d{1,2})\b/;

/** Null when it does not say. Browsers that hide the model (`K`) do not. */
export function modelIn(headers: readonly (readonly [string, string])[]): string | null {
  const agent = headers.find(([name]) => name.toLowerCase() === 'user-agent')?.[1];
  if (!agent) return null;
  const model = ANDROID.exec(agent)?.[1]?.trim() ?? APPLE.exec(agent)?.[0] ?? null;
  return model === null || model.length < 2 || model === 'Mobile' ? null : model;
}
