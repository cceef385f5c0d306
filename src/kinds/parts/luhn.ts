/** The Luhn check digit (ISO/IEC 7812-1 annex B), decimal and, for MEIDs, hexadecimal (3GPP2 S.R0048 3). */

/** Digit that completes `body` so that the whole passes. `body` holds digits of `base` only. */
export function luhnDigit(body: string, base: 10 | 16 = 10): string {
  let sum = 0;
  for (let i = body.length - 1, double = true; i >= 0; i--, double = !double) {
    const digit = Number.parseInt(body.charAt(i), base) * (double ? 2 : 1);
    sum += digit >= base ? digit - base + 1 : digit;
  }
  return ((base - (sum % base)) % base).toString(base).toUpperCase();
}

/** True when the last digit is the check digit of those before it. */
export function passesLuhn(digits: string, base: 10 | 16 = 10): boolean {
  return digits.length > 1 && luhnDigit(digits.slice(0, -1), base) === digits.slice(-1).toUpperCase();
}
