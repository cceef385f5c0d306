import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWatchModel, type WatchModel } from '../../src/cli/watch/model.ts';
import { drawScreen } from '../../src/cli/watch/screen.ts';
import { labCoverage } from '../coverage/lab-coverage.ts';
import { labAlert } from './lab-alert.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
let model: WatchModel;
beforeEach(() => {
  model = createWatchModel();
  model.state.link = 'live';
  for (let seq = 1; seq <= 50; seq++) {
    model.alerts.put(
      labAlert({
        seq,
        severity: SEVERITIES[seq % 5],
        device: seq % 2 ? 'nokia' : 'redmi',
        kind: seq % 3 ? 'imei' : 'imsi',
        count: seq === 48 ? 12 : 1,
      }),
    );
  }
});
const type = (...keys: string[]) =>
  keys.map((key) => model.press(key.length > 1 ? { name: key } : { text: key })).at(-1);
const screen = (columns = 140, rows = 20) => drawScreen(model, { columns, rows, colour: false, title: 'http://lab' });

describe('the screen of watch', () => {
  it('shows time, severity, phone, what, how encoded, in clear or not, count and where to', () => {
    const row = screen(150).find((line) => line.includes('×12')) ?? '';
    for (const part of [
      'LOW',
      'redmi',
      'imsi 001010*******89',
      'body base64›json',
      'clear',
      '🇨🇳 CN China Telecom · zzhc.vnet.cn',
    ])
      expect(row).toContain(part);
    expect(row).toMatch(/^\d\d:\d\d:\d\d /);
  });

  it('shows the phase where the terminal is wide enough', () => {
    model.alerts.put(labAlert({ seq: 51, phase: 'before-consent' }));
    expect(screen(160).join('\n')).toContain('before-consent');
  });

  it('never shows more of a value than the alert does', () => {
    type('enter');
    expect([...screen(), ...screen(200, 60)].join('\n')).not.toMatch(/490154203237518|001010123456789/);
  });

  it('fills every terminal exactly, in every view, with colours and without', () => {
    const views = [[], ['enter'], ['?'], ['/', 'x']];
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 220 }),
        fc.integer({ min: 6, max: 60 }),
        fc.constantFrom(...views),
        fc.boolean(),
        (columns, rows, keys, colour) => {
          const fresh = createWatchModel({}, model.alerts);
          for (const key of keys) fresh.press(key.length > 1 ? { name: key } : { text: key });
          const lines = drawScreen(fresh, { columns, rows, colour, title: 'http://lab' });
          expect(lines).toHaveLength(rows);
          for (const line of lines) expect(stringWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  it('keeps destinations with hostile names from touching the terminal', () => {
    model.alerts.put(labAlert({ seq: 60, host: 'evil\u001b[2J\u0007.example' }));
    expect(screen().join('\n')).not.toContain('\u001b');
    type('enter');
    expect(screen().join('\n')).not.toContain('\u001b');
  });

  it('has a footer with totals by severity and coverage per phone', () => {
    model.state.coverage = ['nokia', 'redmi'].map((deviceId, index) =>
      labCoverage({ deviceId, readShare: index ? null : 0.82 }),
    );
    const foot = screen().slice(-3).join('\n');
    expect(foot).toContain('critical 10  high 10  medium 10  low 10  info 10');
    expect(foot).toContain('coverage: nokia 82 % read · redmi sent nothing');
  });

  it('tells a lost connection from a live one', () => {
    expect(screen()[0]).toContain('● live');
    model.state.link = 'reconnecting';
    expect(screen()[0]).toContain('○ reconnecting');
  });

  it('says that silence is silence before the first alert', () => {
    model = createWatchModel();
    expect(screen().join('\n')).toContain('No alert yet');
    expect(screen().join('\n')).toContain('no phone has sent anything yet');
  });
});

describe('keys', () => {
  it('follow the newest at the top, and stay on their alert elsewhere', () => {
    model.alerts.put(labAlert({ seq: 51 }));
    expect(model.selected()?.seq).toBe(51);
    type('j', 'down');
    expect(model.selected()?.seq).toBe(49);
    model.alerts.put(labAlert({ seq: 52 }));
    expect(model.selected()?.seq).toBe(49);
    type('g');
    model.alerts.put(labAlert({ seq: 53 }));
    expect(model.selected()?.seq).toBe(53);
  });

  it('move by lines, pages and to both ends', () => {
    screen(100, 15);
    type('page-down');
    expect(model.selectedIndex()).toBe(10);
    type('k');
    expect(model.selectedIndex()).toBe(9);
    type('G');
    expect(model.selectedIndex()).toBe(49);
    type('home');
    expect(model.selectedIndex()).toBe(0);
  });

  it('ask for earlier alerts at the end of the list, when there are any', () => {
    expect(type('G')).toBeNull();
    model.alerts.setOldestSeq(1);
    expect(type('G')).toBe('older');
    model.state.loadingOlder = true;
    expect(type('G')).toBeNull();
  });

  it('filter by phone, severity, kind and text, and take all filters off again', () => {
    type('d');
    expect(model.list().every((alert) => alert.device.id === 'nokia')).toBe(true);
    type('s', 's', 's', 's');
    expect(model.list().every((alert) => alert.severity === 'critical')).toBe(true);
    type('t');
    expect(model.list().every((alert) => alert.identifier?.kind === 'imei')).toBe(true);
    type('c');
    expect(model.list()).toHaveLength(50);
    type('/', 'i', 'm', 's', 'i', 'x', 'backspace', 'enter');
    expect(model.list().every((alert) => alert.identifier?.kind === 'imsi')).toBe(true);
    expect(model.state.view).toBe('list');
    type('escape');
    expect(model.list()).toHaveLength(50);
  });

  it('type letters into a search instead of obeying them', () => {
    type('/', 'q', 'd');
    expect(model.state.filter.text).toBe('qd');
    type('escape');
    expect(model.state).toMatchObject({ view: 'list', filter: { text: '' } });
  });

  it('open everything about one alert and stay on it while others arrive', () => {
    type('j', 'enter');
    const seq = model.selected()?.seq;
    model.alerts.put(labAlert({ seq: 99 }));
    const text = screen(100, 40).join('\n');
    expect(model.selected()?.seq).toBe(seq);
    for (const part of [
      'registered value of this phone, certain',
      'base64 › json:$.IMEI1',
      'dbip-country 2026-06-01: CN',
      'AS23724',
      'a replay or a test',
    ]) {
      expect(text).toContain(part);
    }
    type('n');
    expect(model.selected()?.seq).toBe((seq ?? 0) - 1);
    type('escape');
    expect(model.state.view).toBe('list');
  });

  it('q leaves from the list only, so that a detail is never an exit', () => {
    type('enter');
    expect(type('q')).toBeNull();
    expect(type('q')).toBe('quit');
  });
});
