/** What is wrong with a body is said in one line that names the field, in both languages, and never quotes a value. */
import { describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import { readBody } from '../../../src/sinks/live/bodies.ts';
import { InputError } from '../../../src/sinks/live/queries.ts';

const ENTRY = { host: 'a.example', port: 443, dial: '127.0.0.1:1', address: '192.0.2.1' };
const READY = { name: 'x', title: 'x', steps: [{ do: 'x' }] };

async function wrong(kind: Parameters<typeof readBody>[0], body: unknown): Promise<InputError> {
  try {
    await readBody(kind, body);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a body', () => {
  it.each([
    [
      'no object',
      'openCase',
      7,
      'the body: give fields with values, not a number',
      'cần các trường kèm giá trị, nhưng nhận được một số',
    ],
    ['without a field', 'openCase', {}, 'title: is missing: give a text', 'title: còn thiếu: cần một văn bản'],
    ['with null', 'signIn', { token: null }, 'token: give a text, not null', 'nhận được giá trị null'],
    ['with a list', 'signIn', { token: [] }, 'give a text, not a list', 'nhận được một danh sách'],
    ['with an empty text', 'openCase', { title: ' ' }, 'too short: at least 1 character', 'quá ngắn: ít nhất 1'],
    [
      'with a long text',
      'signIn',
      { token: 'x'.repeat(201) },
      'too long: at most 200 characters',
      'quá dài: nhiều nhất 200',
    ],
    ['with too many', 'replays', { cases: Array(51).fill('x') }, 'too many: at most 50 items', 'nhiều nhất 50 mục'],
    ['with too few', 'replays', { cases: [] }, 'too few: at least 1 item', 'ít nhất 1 mục'],
    ['with a large number', 'signInCode', { minutes: 16 }, 'too large: at most 15', 'quá lớn: nhiều nhất 15'],
    ['with a small number', 'planStep', { number: -1 }, 'too small: at least 0', 'quá nhỏ: ít nhất 0'],
    ['with another word', 'signInCode', { role: 'king' }, 'give one of "viewer"|', 'cần một trong "viewer"|'],
    ['with another field', 'signIn', { token: 'x', more: 1 }, 'unknown field: "more"', 'trường lạ: "more"'],
    [
      'with two other fields',
      'signIn',
      { token: 'x', a: 1, b: 1 },
      'unknown fields: "a", "b"',
      'các trường lạ: "a", "b"',
    ],
    ['with an odd address', 'upstream', [{ ...ENTRY, address: 'x' }], 'must be an IP address', 'phải là địa chỉ IP'],
    [
      'with a foreign dial',
      'upstream',
      [{ ...ENTRY, dial: '192.0.2.1:1' }],
      'must be a loopback address',
      'phải là địa chỉ loopback',
    ],
    ['of nothing', 'upstream', [], 'must hold 1 to 100 entries', 'phải có từ 1 đến 100 mục'],
    [
      'with an odd phase',
      'openCase',
      { title: 'x', plan: { ...READY, steps: [{ do: 'x', phase: '!' }] } },
      'must be 1 to 60 letters',
      'phải gồm 1 đến 60 chữ',
    ],
    [
      'with an odd step',
      'openCase',
      { title: 'x', plan: { ...READY, steps: [{ do: 7 }] } },
      'must be a text of 1 to 1000',
      'phải là văn bản từ 1 đến 1000',
    ],
  ] as const)('%s', async (_name, kind, body, english, vietnamese) => {
    const { message, text } = await wrong(kind, body);
    expect(message).toContain(english);
    expect(say(text)).toBe(message);
    expect(say(text, 'vi')).toContain(vietnamese);
    expect(say(text, 'vi')).toContain('; xem /openapi.json');
  });
});
