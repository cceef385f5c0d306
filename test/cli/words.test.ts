/** The terminal's own words: complete in both languages, chosen as a terminal chooses, and as wide as where they stand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { cells } from '../../src/cli/terminal-text.ts';
import { createWatchModel, type WatchModel } from '../../src/cli/watch/model.ts';
import { drawScreen } from '../../src/cli/watch/screen.ts';
import { type Language, languageFor, speak, words } from '../../src/cli/words.ts';
import { TERMINAL_EN, TERMINAL_VI } from '../../src/model/catalogue/terminal.ts';
import { text } from '../../src/model/text.ts';
import { labCoverage } from '../coverage/lab-coverage.ts';
import { differences, leftInEnglish, unsaid } from '../formats/catalogues.ts';
import { startFakeLab, TOKEN } from './fake-lab.ts';
import { labAlert } from './lab-alert.ts';
import { phonehome } from './phonehome.ts';

afterEach(() => speak('en'));

describe("the terminal's catalogue", () => {
  it('has in Vietnamese what it has in English, with the same places', () => {
    expect(differences(TERMINAL_EN, TERMINAL_VI)).toEqual([]);
  });

  it('has no sentence left in English, but for words that are the same', () => {
    expect(leftInEnglish(TERMINAL_EN, TERMINAL_VI)).toEqual([]);
  });

  it('holds no sentence that nobody says', () => {
    expect(unsaid(TERMINAL_EN)).toEqual([]);
  });

  it('takes nothing in a value for a key or a place', () => {
    speak('vi');
    expect(words('watch.no-lab', { url: '$t(cli/watch.gone) {{url}}' })).toContain(' $t(cli/watch.gone) {{url}} ');
  });
});

describe('the language of a command line', () => {
  it.each<[string[], Record<string, string>, Language]>([
    [[], {}, 'en'],
    [['watch'], { LANG: 'vi_VN.UTF-8' }, 'vi'],
    [['watch'], { LANG: 'vi' }, 'vi'],
    [['watch'], { LC_ALL: 'C.UTF-8', LANG: 'vi_VN.UTF-8' }, 'en'],
    [['watch'], { LC_ALL: '', LC_MESSAGES: 'vi_VN@x', LANG: 'en_US.UTF-8' }, 'vi'],
    [['watch'], { LANG: 'vie_VN' }, 'en'],
    [['watch'], { LANG: 'ru_RU.UTF-8' }, 'en'],
    [['watch', '--lang', 'en'], { LANG: 'vi_VN.UTF-8' }, 'en'],
    [['--lang=vi', 'watch'], {}, 'vi'],
    [['watch', '--lang', 'en', '--lang', 'vi'], {}, 'vi'],
    [['watch', '--lang'], {}, 'en'],
    [['watch', '--lang', 'fr'], { LANG: 'vi_VN' }, 'vi'],
    [['scan', '--', '--lang', 'vi'], {}, 'en'],
  ])('%j with %j is %s', (args, env, language) => {
    expect(languageFor(args, env)).toBe(language);
  });

  it('is that of commands about phones, keys, test runs and evidence', async () => {
    const data = mkdtempSync(join(tmpdir(), 'phonehome-words-'));
    try {
      const said = async (...args: string[]): Promise<string> => {
        const { stdout, stderr } = await phonehome([...args, '--data', data, '--lang', 'vi']);
        return stdout + stderr;
      };
      expect(await said('device', 'list')).toMatch(/^Chưa đăng ký điện thoại nào/);
      expect(await said('device', 'add', 'lab-1', '--imei', '490154203237518')).toContain(
        'lab-1 đã được đăng ký; hãy cho',
      );
      expect(await said('device', 'add', 'lab-2', '--imei', '490154203237518')).toContain(
        'lab-1 có cùng imei với lab-2: một trong hai bị gõ nhầm.',
      );
      await said('device', 'add', 'lab-1', '--ip', '10.77.0.2', '--mac', '02:00:5e:10:00:01');
      expect(await said('device', 'add', 'lab-2', '--ip', '10.77.0.2', '--mac', '02:00:5e:10:00:01')).toContain(
        'cho đến nay lab-1 được nhận ra bằng địa chỉ 10.77.0.2 và địa chỉ MAC 02:00:5e:10:00:01: từ bây giờ đó là lab-2.',
      );
      const note = await phonehome([
        'device',
        'add',
        'lab-3',
        '--imei',
        '490154203237518',
        '--json',
        '--data',
        data,
        '--lang',
        'vi',
      ]);
      expect(note.stdout).toContain('"note":"lab-1 has the same imei as lab-3: one of the two is mistyped"');
      expect(await said('device', 'add', 'lab-4', '--imei', '490154203237519')).toContain(
        'imei: chữ số kiểm tra không khớp: gõ nhầm chăng?',
      );
      expect(await said('device', 'add', 'lab-4', '--imei', '12')).toMatch(
        /: device: identifiers\.imei\[0\]: phải có 15/,
      );
      const file = join(data, 'phones.yaml');
      writeFileSync(file, 'devices:\n  - id: a\n  - id: b\n    match: {ip: x}\n');
      expect(await said('device', 'import', file)).toContain(
        'phones.yaml:3: devices[1]: device: match.ip: phải là địa chỉ IPv4 hoặc IPv6',
      );
      expect(await said('case', 'list')).toContain('chưa có lưu lượng nào');
      expect(await said('token', 'show')).toMatch(/^vai trò +tệp +được phép/);
      expect(await said('ca', 'show')).toContain('chưa có chứng chỉ gốc');
      expect(await said('notify', 'show')).toMatch(/^Không ai bên ngoài phòng thử được báo/);
      const forPrograms = await phonehome(['token', 'show', '--json', '--data', data, '--lang', 'vi']);
      expect(forPrograms.stdout).toContain('"may":"everything"');
    } finally {
      rmSync(data, { recursive: true });
    }
  });

  it('is that of what the lab refuses, and of a lab that is not there', async () => {
    const lab = await startFakeLab({
      answer: (line) => {
        if (line.startsWith('GET /api/pins'))
          return { status: 403, body: { error: 'no', text: text('refused.https-only') } };
        return { status: 409, body: { error: 'of a newer lab', text: { key: 'refused.unheard-of', values: {} } } };
      },
    });
    const env = { PHONEHOME_TOKEN: TOKEN, LC_ALL: 'vi_VN.UTF-8' };
    try {
      expect((await phonehome(['pins', 'list', '--url', lab.url], { env })).stderr).toMatch(
        /^phonehome: phòng thử này chỉ nhận mã/,
      );
      const newer = await phonehome(['trust-test', 'list', '--url', lab.url], { env });
      expect(newer.stderr).toBe('phonehome: of a newer lab\n');
      const stranger = await phonehome(['pins', 'list', '--url', lab.url], {
        env: { ...env, PHONEHOME_TOKEN: 'another' },
      });
      expect(stranger.stderr).toMatch(/^phonehome: phòng thử ở .* không nhận mã truy cập: /);
    } finally {
      await lab.stop();
    }
    const gone = await phonehome(['pins', 'list', '--url', lab.url], { env });
    expect(gone.stderr).toMatch(/^phonehome: phòng thử ở .* không trả lời: /);
  });

  it('is that of the tunnel of a gateway', async () => {
    const data = mkdtempSync(join(tmpdir(), 'words-tunnel-'));
    writeFileSync(join(data, 'gateway.yaml'), 'uplink: eth0\nlan: wlan0\nwireguard:\n  endpoint: 192.0.2.1\n');
    try {
      const tunnel = (...args: string[]) =>
        phonehome(['gateway', 'wireguard', ...args, '--data', data, '--lang', 'vi']);
      expect((await tunnel('list')).stdout).toMatch(/^Đường hầm chưa có điện thoại nào/);
      expect((await tunnel('turn')).stderr).toMatch(/^phonehome: gateway wireguard nhận "add NAME"/);
      expect((await tunnel('remove', 'nokia-01')).stderr).toMatch(/nokia-01 không phải điện thoại của đường hầm/);
    } finally {
      rmSync(data, { recursive: true });
    }
  });

  it('is that of help and of wrong usage too, and of a configuration file', async () => {
    const help = await phonehome(['watch', '--help'], { env: { LC_ALL: 'vi_VN.UTF-8' } });
    expect(help.stdout).toMatch(/^Cách dùng: phonehome watch .*\n\ncảnh báo trực tiếp của phòng thử/);
    const wrong = await phonehome(['wach'], { env: { LC_ALL: 'vi_VN.UTF-8' } });
    expect(wrong).toMatchObject({
      code: 2,
      stderr: 'phonehome: không có lệnh "wach" (ý bạn là watch?): xem phonehome --help\n',
    });
    expect((await phonehome(['watch', '--lang', 'fr'])).code).toBe(2);
  });

  it('is that of doctor, and not of what programs read', async () => {
    const env = { LANG: 'vi_VN.UTF-8', LC_ALL: '' };
    const data = mkdtempSync(join(tmpdir(), 'words-'));
    try {
      const { stdout } = await phonehome(['doctor', '--data', data], { env });
      expect(stdout).toMatch(/^ổn +disk +còn trống \d+\.\d GiB/m);
      expect(stdout).toMatch(/^xem +phones +chưa đăng ký máy nào\n +→ phonehome device add: giá trị đã biết/m);
      const forPrograms = await phonehome(['doctor', '--data', data, '--json', '--lang', 'vi'], { env });
      expect(forPrograms.stdout).toContain('"found":"none registered"');
    } finally {
      rmSync(data, { recursive: true });
    }
  });

  it('has a summary of every command and a help of every flag', () => {
    for (const language of ['en', 'vi'] as const) {
      speak(language);
      for (const { name, summary, flags } of COMMANDS)
        for (const key of [summary, ...flags.map(({ help }) => help)])
          expect(words(key), `${name} ${key}`).not.toMatch(/^(?:cli\/|$)/);
    }
  });
});

describe('the screen of watch in Vietnamese', () => {
  let model: WatchModel;
  beforeEach(() => {
    speak('vi');
    model = createWatchModel();
    model.state.link = 'live';
    model.alerts.put({ ...labAlert({ seq: 1, severity: 'critical', count: 12 }), simulated: true });
    model.alerts.put(labAlert({ seq: 2, severity: 'medium', device: 'máy của Ngọc Ánh 電話' }));
    model.state.coverage = [labCoverage({ deviceId: 'nokia' }), labCoverage({ deviceId: 'máy-2', trust: 'refuses' })];
  });
  const draw = (columns: number, rows = 30): string[] =>
    drawScreen(model, { columns, rows, colour: false, title: 'http://lab', now: Date.UTC(2026, 10, 22) });
  const press = (key: string) => model.press(key.length > 1 ? { name: key } : { text: key });

  it.each([120, 80, 60, 40])('goes beyond %i columns in no view', (columns) => {
    for (const keys of [[], ['enter'], ['?'], ['v'], ['/', 'ă']]) {
      const fresh = createWatchModel({}, model.alerts);
      fresh.state.coverage = model.state.coverage;
      model = fresh;
      for (const key of keys) press(key);
      for (const line of draw(columns)) expect(cells(line), line).toBeLessThanOrEqual(columns);
    }
  });

  it.each([80, 60])('cuts no title of a column, no key and no warning at %i columns', (columns) => {
    const lines = draw(columns);
    const heads = lines.find((line) => /\bmức\b/.test(line)) ?? '';
    expect(heads).toMatch(/mức .*giả .*nội dung .*gửi .*đến/);
    expect([heads, lines[0], lines.at(-1)].join()).not.toContain('…');
    expect(lines.at(-1)).toMatch(/Enter.*\? trợ giúp {2}q thoát/);
    expect(lines.join('\n')).toContain('chưa tin cậy phòng thử');
    expect(lines.join('\n')).toMatch(/N\.TRỌNG.* rõ .*(?:×12 .*)?CN/);
  });

  it('stays in its columns where a phone is named in wide letters', () => {
    const [heads = '', ...rows] = draw(80).filter((line) => /^giờ|T\.BÌNH|N\.TRỌNG/.test(line));
    const at = cells(heads.slice(0, heads.indexOf('nội dung')));
    for (const row of rows) expect(cells(row.slice(0, row.indexOf('imei'))), row).toBe(at);
  });

  it('says what a column holds under the name that the column has', () => {
    press('?');
    const help = draw(80).join('\n');
    for (const name of ['gửi', 'lần', 'nội dung', 'đến', 'giả'] as const)
      expect(help).toMatch(new RegExp(`^${name} `, 'm'));
  });
});
