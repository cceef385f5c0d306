import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAlertLine } from '../../../src/sinks/terminal/alert-line.ts';
import { labAlert } from '../lab-alert.ts';

const plain = { colour: false, utc: true };

describe('one alert as one line', () => {
  it('says when, which phone, how bad, what, how encoded, where to, whether readable, phase, count', () => {
    const alert = labAlert(1, {
      case: { id: 'c', phase: 'before-consent' },
      count: 3,
      simulated: true,
      label: 'disputed',
    });
    expect(formatAlertLine(alert, plain)).toBe(
      '2026-11-22 10:00:01  nokia-7-plus-01  CRITICAL  imei 490154*******18 (base64 › json) in body $.IMEI1  → 🇨🇳 CN China Telecom (zzhc.vnet.cn)  UNENCRYPTED  before-consent  ×3  [disputed]  [simulated]',
    );
  });

  it('says it in Vietnamese to who reads Vietnamese', () => {
    const alert = labAlert(1, { count: 3, simulated: true });
    const { evidence, destination } = alert;
    const hashed = {
      ...alert,
      evidence: evidence && { ...evidence, decoding: [], hash: 'md5 (upper case)[:16 hex]' },
      destination: destination && { ...destination, location: { ...destination.location, country: 'SG' } },
    };
    expect(formatAlertLine(hashed, { ...plain, language: 'vi' })).toMatch(
      / {2}N\.TRỌNG {3}imei \S+ \(md5 \(chữ hoa\)\[:16 hex\]\) trong body .*, máy chủ ở SG\) {2}KHÔNG MÃ HOÁ {2}×3 {2}\[giả lập\]$/,
    );
  });

  it('with colour it says the same, with the time only', () => {
    const coloured = formatAlertLine(labAlert(1), { colour: true, utc: true });
    expect(coloured).toContain('\u001b[1;97;41mCRITICAL\u001b[0m');
    expect(stripVTControlCharacters(coloured)).toBe(formatAlertLine(labAlert(1), plain).slice('2026-11-22 '.length));
  });

  it.each([
    ['TLS that was opened', { encrypted: true, intercepted: true }, '  TLS'],
    ['TLS that stayed closed', { encrypted: true, intercepted: false }, '  TLS, not read'],
  ])('%s', (_name, flow, shown) => {
    const alert = labAlert(1);
    expect(
      formatAlertLine(
        { ...alert, flow: { ...(alert.flow as NonNullable<typeof alert.flow>), ...flow } },
        plain,
      ).endsWith(shown),
    ).toBe(true);
  });

  it('a server elsewhere than its owner is said so, and an unknown owner leaves the host', () => {
    const alert = labAlert(1);
    const destination = alert.destination as NonNullable<typeof alert.destination>;
    const abroad = { ...destination, location: { ...destination.location, country: 'SG' } };
    expect(formatAlertLine({ ...alert, destination: abroad }, plain)).toContain(
      '🇨🇳 CN China Telecom (zzhc.vnet.cn, server in SG)',
    );
    const unknown = { ...abroad, owner: { ...destination.owner, name: null, country: null } };
    expect(formatAlertLine({ ...alert, destination: unknown }, plain)).toContain('→ 🇸🇬 SG zzhc.vnet.cn  ');
  });

  it('a leak that was repeated names all its phases', () => {
    const place = { id: 'c', phase: 'boot', phases: { boot: 1, unlock: 2 } };
    expect(formatAlertLine(labAlert(1, { case: place, count: 3 }), plain)).toContain('  boot, unlock  ×3');
  });

  it('an alert about a connection shows its sentence', () => {
    const alert = labAlert(1, {
      type: 'system',
      severity: 'medium',
      identifier: null,
      evidence: null,
      flow: null,
      destination: null,
      message: 'The disk is full.',
    });
    expect(formatAlertLine(alert, plain)).toBe(
      '2026-11-22 10:00:01  nokia-7-plus-01  MEDIUM    system  The disk is full.',
    );
  });

  it('nothing that came from a phone can move the cursor or start a second line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, colour) => {
        const evil = `${text}\u001b[2J\n\u009b\u202e`;
        const alert = labAlert(1, {
          message: evil,
          label: evil,
          device: { id: evil, model: evil, ip: evil, mac: null },
        });
        const shown = [alert, { ...alert, identifier: null }].map((each) =>
          formatAlertLine(each, { colour, utc: true }),
        );
        for (const line of shown) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
          const painted = line.match(/\u001b\[[\d;]+m/g) ?? [];
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          const controls = line.match(/[\u0000-\u001f\u007f-\u009f\u202e]/g) ?? [];
          expect(controls).toHaveLength(colour ? painted.length : 0);
          expect(line).not.toContain('\u001b[2J');
        }
      }),
    );
  });
});
