/** The model that a phone nobody registered names in its user agent. */
import { describe, expect, it } from 'vitest';
import { modelIn } from '../../src/compare/model-name.ts';

const agent = (text: string): string | null => modelIn([['User-Agent', text]]);

describe('the model in a user agent', () => {
  it.each([
    ['Dalvik/2.1.0 (Linux; U; Android 10; Nokia 7 plus Build/QKQ1.190828.002)', 'Nokia 7 plus'],
    ['Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 Mobile Safari/537.36', 'SM-A536B'],
    ['Mozilla/5.0 (Linux; U; Android 4.4.2; en-US; Lenovo A536 Build/KOT49H) U2/1.0', 'Lenovo A536'],
    ['Mozilla/5.0 (Linux; U; Android 4.4.2; zh_CN; MI 3 Build/KOT49H)', 'MI 3'],
    ['Mozilla/5.0 (Linux; U; Android 4.4.2; vi; MI 3 Build/KOT49H)', 'MI 3'],
    ['App/5 (iPhone14,5; iOS 17.1)', 'iPhone14,5'],
    ['App/5 iPad8,11 CFNetwork/1410', 'iPad8,11'],
    ['Dalvik/2.1.0 (Linux; U; Android 9; V8 Build/1)', 'V8'],
  ])('%s', (text, model) => expect(agent(text)).toBe(model));

  it.each([
    ['a browser that hides it', 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36'],
    ['a browser that says only what sort it is', 'Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/117.0'],
    ['a browser that says no more than that', 'Mozilla/5.0 (Android 13; Mobile) Gecko/117.0'],
    ['a letter and a blank', 'Mozilla/5.0 (Linux; Android 10; K ) AppleWebKit/537.36'],
    ['no phone', 'curl/8.5.0'],
    ['an iPhone without its model', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X)'],
  ])('%s has none', (_what, text) => expect(agent(text)).toBeNull());

  it('is looked for in that header alone, in whatever case', () => {
    const headers = [
      ['X-Old-Agent', 'Dalvik (Linux; U; Android 10; Wrong Build/1)'],
      ['uSER-aGENT', 'Dalvik (Linux; U; Android 10; Right Build/1)'],
    ] as const;
    expect(modelIn(headers)).toBe('Right');
    expect(modelIn(headers.slice(0, 1))).toBeNull();
    expect(modelIn([])).toBeNull();
  });
});
