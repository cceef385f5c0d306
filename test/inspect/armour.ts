/** Texts in the alphabets that programs wrap text in, made for the tests and the benchmark: written from the specifications, with no code of the detector's. */

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const CAPITALS = LETTERS.toUpperCase();

export const reversed = (text: string): string => [...text].reverse().join('');

export const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (char) => {
    const alphabet = LETTERS.includes(char) ? LETTERS : CAPITALS;
    return alphabet[(alphabet.indexOf(char) + 13) % 26]!;
  });

/** RFC 4648 section 6, without padding. */
export function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => `${CAPITALS}234567`[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
}

/** The whole as one number. */
function asNumber(bytes: Buffer, alphabet: string): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let out = '';
  for (; rest > 0n; rest /= BigInt(alphabet.length)) out = alphabet[Number(rest % BigInt(alphabet.length))]! + out;
  return out;
}

/** Four bytes in five characters; the last group as long as it must be. */
function asGroups(bytes: Buffer, alphabet: string): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const group = bytes.subarray(at, at + 4);
    let number = Buffer.concat([group, Buffer.alloc(4)]).readUInt32BE();
    let five = '';
    for (let i = 0; i < 5; i++, number = Math.floor(number / 85)) five = alphabet[number % 85]! + five;
    out += five.slice(0, group.length + 1);
  }
  return out;
}

const each = (bytes: Buffer, form: (byte: number) => string): string => [...bytes].map(form).join('');
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const lines = (text: string, width: number, by: string): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(by);

/** Name → a text for these bytes, which are readable. */
export const ARMOURS: readonly (readonly [name: string, write: (bytes: Buffer) => string])[] = [
  ['base32', base32],
  ['base32 in small letters', (bytes) => base32(bytes).toLowerCase()],
  ['base36', (bytes) => asNumber(bytes, DIGITS + LETTERS)],
  ['base58', (bytes) => asNumber(bytes, '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz')],
  ['base62, capitals first', (bytes) => asNumber(bytes, DIGITS + CAPITALS + LETTERS)],
  ['base62, small letters first', (bytes) => asNumber(bytes, DIGITS + LETTERS + CAPITALS)],
  ['base62, letters before digits', (bytes) => asNumber(bytes, CAPITALS + LETTERS + DIGITS)],
  [
    'ascii85',
    (bytes) =>
      asGroups(
        bytes,
        each(Buffer.from(Array.from({ length: 85 }, (_, at) => 33 + at)), (code) => String.fromCharCode(code)),
      ),
  ],
  ['z85', (bytes) => asGroups(bytes, `${DIGITS}${LETTERS}${CAPITALS}.-:+=^!/*?&<>()[]{}@%$#`)],
  ['base85 as Python writes it', (bytes) => asGroups(bytes, `${DIGITS}${CAPITALS}${LETTERS}!#$%&()*+-;<=>?@^_\`{|}~`)],
  ['base64 written backwards', (bytes) => reversed(bytes.toString('base64'))],
  ['base64url written backwards', (bytes) => reversed(bytes.toString('base64url'))],
  ['base64 turned by 13 letters', (bytes) => rot13(bytes.toString('base64'))],
  ['base64url without padding, in lines', (bytes) => lines(bytes.toString('base64url'), 24, '\r\n')],
  ['base64 in indented lines', (bytes) => lines(bytes.toString('base64'), 20, '\n  ')],
  ['base64 whose line breaks are escaped', (bytes) => lines(bytes.toString('base64'), 28, '\\n')],
  ['entities, decimal', (bytes) => each(bytes, (byte) => `&#${byte};`)],
  ['entities, hexadecimal', (bytes) => each(bytes, (byte) => `&#x${hex(byte)};`)],
  ['escapes of JavaScript', (bytes) => each(bytes, (byte) => `\\u00${hex(byte)}`)],
  ['escapes of C', (bytes) => each(bytes, (byte) => `\\x${hex(byte)}`)],
  ['octal escapes', (bytes) => each(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`)],
  ['escapes of old browsers', (bytes) => each(bytes, (byte) => `%u00${hex(byte)}`)],
  ['quoted-printable', (bytes) => each(bytes, (byte) => `=${hex(byte).toUpperCase()}`)],
  ['a list of hexadecimal numbers', (bytes) => [...bytes].map((byte) => `0x${hex(byte)}`).join(', ')],
  ['binary digits', (bytes) => each(bytes, (byte) => byte.toString(2).padStart(8, '0'))],
];
