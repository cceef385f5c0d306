import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWatchModel, type WatchModel } from '../../src/cli/watch/model.ts';
import { drawScreen } from '../../src/cli/watch/screen.ts';
import { labCoverage } from '../coverage/lab-coverage.ts';
import { labAlert } from './lab-alert.ts';

const NOW = Date.UTC(2026, 10, 22, 10, 30);
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
const screen = (columns = 140, rows = 20) =>
  drawScreen(model, { columns, rows, colour: false, title: 'http://lab', now: NOW });

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
    const views = [[], ['enter'], ['?'], ['v'], ['/', 'x']];
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 220 }),
        fc.integer({ min: 6, max: 60 }),
        fc.constantFrom(...views),
        fc.boolean(),
        (columns, rows, keys, colour) => {
          const fresh = createWatchModel({}, model.alerts);
          for (const key of keys) fresh.press(key.length > 1 ? { name: key } : { text: key });
          const lines = drawScreen(fresh, { columns, rows, colour, title: 'http://lab', now: NOW });
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

  it('says of a phone that refuses the certificate, or whose apps fail, no share alone', () => {
    const failing = (reached: boolean) => ({
      ...{ host: 'a.example', country: null, owner: null, connections: 2, bytesUp: 0 },
      ...{ class: 'lab-failed' as const, reached },
    });
    model.state.coverage = [
      labCoverage({ deviceId: 'a', trust: 'refuses', readShare: null, unseen: [failing(false)] }),
      labCoverage({ deviceId: 'b', unseen: [failing(false)] }),
      labCoverage({ deviceId: 'c', unseen: [failing(true)] }),
    ];
    expect(screen().slice(-3).join('\n')).toContain(
      'coverage: a does not trust the lab, 1 app could not connect · b 100 % read, 1 app could not connect · c 100 % read',
    );
  });

  it('puts every title over its column, at any width', () => {
    for (const columns of [60, 80, 100, 120, 160, 200]) {
      const [, head = '', , first = ''] = screen(columns);
      for (const [title, cell] of [
        ['what', 'imei'],
        ['to', '🇨🇳'],
        ['sim', 'sim '],
      ] as const) {
        const at = stringWidth(head.slice(0, head.indexOf(title === 'to' ? 'to ' : title)));
        expect(stringWidth(first.slice(0, first.indexOf(cell))), `${title} at ${columns}`).toBe(at);
      }
    }
  });

  it('has all its keys in the footer at 80 columns, and those to begin with at 60', () => {
    expect(screen(80).at(-1)).toMatch(/^↑↓ .*\/ .*d s t x .*v coverage .*\? help .*q quit *$/);
    expect(screen(60).at(-1)).toMatch(/\? help {2}q quit *$/);
    expect(screen(60).at(-3)).toContain('critical 10');
  });

  it('has a help that fits 80 by 24, and can be scrolled where it does not', () => {
    type('?');
    const shown = screen(80, 24).join('\n');
    for (const part of ['move', 'leave; the lab goes on', 'any other key goes back']) expect(shown).toContain(part);
    expect(shown).not.toContain('…');
    expect(screen(60, 14).join('\n')).not.toContain('any other key goes back.');
    type('page-down', 'page-down', 'page-down');
    expect(screen(60, 14).join('\n')).toContain('any other key goes back.');
    type('x');
    expect(model.state.view).toBe('list');
  });

  it('says the sentence of an alert that is about no identifier, as wide as the terminal', () => {
    const message = 'Nokia 7 Plus sent 10 bytes to Xiaomi (China); nothing of it could be read.';
    model.alerts.put({ ...labAlert({ seq: 60 }), type: 'contact', identifier: null, evidence: null, message });
    expect(screen(140)[2]).toContain(`contact: ${message}`);
    expect(screen(80)[2]).toMatch(/contact: Nokia 7 Plus sent 10 bytes to Xi.*…$/);
  });

  it('has the date of what was not today', () => {
    const later = (days: number, columns = 140) =>
      drawScreen(model, { columns, rows: 8, colour: false, title: '', now: NOW + days * 86_400_000 })[3];
    expect(later(0)).toMatch(/^\d\d:\d\d:49 /);
    expect(later(2)).toMatch(/^11-2[1-3] /);
    expect(later(2, 200)).toMatch(/^11-2[1-3] \d\d:\d\d /);
    expect(later(300)).toMatch(/^2026-11 /);
  });

  it('marks what is simulated, and has no column for it when nothing is', () => {
    expect(screen()[1]).toContain(' sim ');
    const real = createWatchModel();
    real.alerts.put({ ...labAlert({ seq: 1 }), simulated: false });
    expect(drawScreen(real, { columns: 140, rows: 8, colour: false, title: '', now: NOW })[1]).not.toContain(' sim ');
    type('x');
    expect(model.list()).toEqual([]);
    type('x');
    expect(model.list()).toHaveLength(50);
    expect(screen()[0]).toContain('only simulated');
  });

  it('says in large that a phone does not trust the lab, and what to do', () => {
    model.state.coverage = [labCoverage({ deviceId: 'nokia', trust: 'refuses' }), labCoverage({ deviceId: 'redmi' })];
    const [, first, second] = screen(80);
    expect(first).toMatch(/^ nokia does not trust the lab yet: nothing encrypted can be read *$/);
    expect(second).toMatch(/^ On the phone open http:\/\/phonehome\.lab and install the certificate *$/);
    model.state.filter = { ...model.state.filter, device: 'redmi' };
    expect(screen(80)[1]).toContain('severity');
  });

  it('never rounds a share up', () => {
    model.state.coverage = ['a', 'b'].map((deviceId) => labCoverage({ deviceId, readShare: 0.9999 }));
    expect(screen().join('\n')).toContain('a 99 % read · b 99 % read');
  });

  it('tells of each phone on a page of its own what could be read, and when nobody looked', () => {
    model.state.coverage = [
      labCoverage({
        trust: 'unknown',
        gaps: [
          { kind: 'not-counted', subject: 'datagrams', from: '2026-11-22T10:00:00.000Z', to: null, detail: 'no right' },
        ],
      }),
    ];
    type('v');
    const text = screen(100, 24).join('\n');
    for (const part of [
      'has not tried',
      'All of what this phone sent',
      '1 connection, 10 bytes sent',
      'to now: no right',
    ])
      expect(text).toContain(part);
  });

  it('lists every receiver that an alert stands for', () => {
    const receivers = ['a.example', 'b.example', 'c.example'].map((host) => {
      const { firstSeen, lastSeen } = labAlert({ seq: 60 });
      return { host, port: 443, ip: null, country: 'IL', owner: null, count: 1, firstSeen, lastSeen };
    });
    model.alerts.put({ ...labAlert({ seq: 60 }), receivers });
    expect(screen(200)[2]).toContain('zzhc.vnet.cn and 2 more');
    type('enter');
    expect(screen(100, 40).join('\n')).toContain('3: a.example:443, b.example:443, c.example:443');
  });

  it('tells a lost connection, and a silent one, from a live one', () => {
    expect(screen()[0]).toContain('● live');
    model.state.link = 'reconnecting';
    expect(screen()[0]).toContain('○ reconnecting');
    model.state.link = 'silent';
    expect(screen()[0]).toContain('○ no answer');
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

  it('ask for the value of an alert in its detail, and forget it when that is left', () => {
    expect(type('r')).toBeNull();
    expect(type('enter', 'r')).toBe('reveal');
    const id = model.selected()?.id ?? '';
    model.state.revealed = { id, value: '490154203237518', seen: 'NDkwMTU0MjAzMjM3NTE4' };
    expect(screen(100, 40).join('\n')).toContain('490154203237518 (revealed: it stands in the audit)');
    type('n');
    expect(screen(100, 40).join('\n')).not.toContain('490154203237518');
    model.state.revealed = { id: model.selected()?.id ?? '', value: '490154203237518', seen: '' };
    type('escape', 'enter');
    expect(screen(100, 40).join('\n')).not.toContain('490154203237518');
  });

  it('q leaves from the list only, so that a detail is never an exit', () => {
    type('enter');
    expect(type('q')).toBeNull();
    expect(type('q')).toBe('quit');
  });
});
