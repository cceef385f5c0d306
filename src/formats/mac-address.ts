/** `aa:bb:cc:dd:ee:ff`, from any of the usual spellings; null when it is none. */
export function canonicalMac(text: string): string | null {
  const hex = text.replace(/[\s:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(hex) ? (hex.match(/../g) ?? []).join(':') : null;
}
