/** A digest is called by one name for programs; people read it in their language. */
import { describe, expect, it } from 'vitest';
import { digestForm, digestText } from '../../../src/formats/digest-name.ts';
import { say } from '../../../src/formats/say.ts';
import { checksums, digests } from '../../../src/inspect/search/hashes.ts';

const inWords = (name: string, language: string): string => {
  const said = digestText(name);
  return typeof said === 'string' ? said : say(said, language);
};

describe('the name of a digest', () => {
  it('is the same in English, of every digest, in every form', () => {
    const names = [...digests('02:5e:Ab', ['salt']), ...checksums('02:5e:Ab')].map(({ name }) => name);
    expect(new Set(names).size).toBeGreaterThan(100);
    for (const name of names)
      for (const size of ['', ' hex', ' raw', ' decimal', '[:16 base64url]', '[8:24 hex]'])
        expect(inWords(name + size, 'en')).toBe(name + size);
  });

  it('says in Vietnamese what was hashed', () => {
    expect(inWords('sha256 salted (upper case)[:16 base64url]', 'vi')).toBe(
      'sha256 có thêm muối (chữ hoa)[:16 base64url]',
    );
    expect(inWords('md5 of sha1 upper hex raw', 'vi')).toBe('md5 của sha1 viết bằng hex chữ hoa byte thô');
    expect(
      [...digests('aB:c', ['s'])].filter(({ name }) => / of |salted|case|separators/.test(inWords(name, 'vi'))),
    ).toEqual([]);
    expect(digestForm('base64')).toBe('base64');
  });

  it('stays as it is where nobody knows it', () => {
    expect(digestText('sha1 (rotated)')).toBe('sha1 (rotated)');
  });
});
