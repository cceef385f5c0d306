/** Which mobile networks exist, and whose they are (ITU-T E.212). */
import { describe, expect, it } from 'vitest';
import { countryOfImsi, isNetwork, networkLength } from '../../src/kinds/parts/networks.ts';

describe('the network of an IMSI', () => {
  it.each([
    ['452040123456789', 5, 'VN'],
    ['460000123456789', 5, 'CN'],
    ['310410123456789', 6, 'US'],
    ['262010123456789', 5, 'DE'],
    ['001010123456789', 5, null],
    ['001001123456789', 6, null],
    ['310260123456789', 6, 'US'],
    ['270770123456789', 5, 'LU'],
    ['001020123456789', 5, null],
    ['000000123456789', null, null],
    ['452990123456789', null, null],
  ])('%s', (imsi, length, country) => {
    expect(networkLength(imsi)).toBe(length);
    expect(countryOfImsi(imsi)).toBe(country);
  });

  it('by its numbers, with or without leading zeros', () => {
    expect(isNetwork(452, 4)).toBe(true);
    expect(isNetwork(310, 410)).toBe(true);
    expect(isNetwork(1, 1)).toBe(true);
    expect(isNetwork(452, 99)).toBe(false);
    expect(isNetwork(0, 0)).toBe(false);
    expect(isNetwork(45, 204)).toBe(false);
  });
});
