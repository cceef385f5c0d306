/**
 * What the dashboard says, in English and Vietnamese: the same keys in both, a test holds them to it. Places are written
 * `{name}`, or `{name|phone|phones}`: a number with the form its noun takes beside it. The language is the person's choice, else the browser's.
 */
import { signal } from '@preact/signals';
import { numbered } from '../../src/formats/filled.ts';
import { say } from '../../src/formats/say.ts';
import { KINDS_VI } from '../../src/model/catalogue/kinds-vi.ts';
import { PHASES_EN, PHASES_VI } from '../../src/model/catalogue/phases.ts';
import { SEVERITIES_EN, SEVERITIES_VI } from '../../src/model/catalogue/severities.ts';
import { KIND_FACTS, type Kind } from '../../src/model/kinds.ts';
import type { Text } from '../../src/model/text.ts';
import { numbers, regions, times } from './formatters.ts';
import { CASES_EN, CASES_VI } from './words-cases.ts';
import { CONTENT_EN, CONTENT_VI } from './words-content.ts';
import { FLEET_EN, FLEET_VI } from './words-fleet.ts';
import { FLOWS_EN, FLOWS_VI } from './words-flows.ts';
import { LIVE_EN, LIVE_VI } from './words-live.ts';
import { SETUP_WORDS_EN, SETUP_WORDS_VI } from './words-setup.ts';

const EN = {
  ...LIVE_EN,
  ...SETUP_WORDS_EN,
  ...FLOWS_EN,
  ...CONTENT_EN,
  ...CASES_EN,
  ...FLEET_EN,
  title: 'Phonehome',
  'nav.phones': 'Phones',
  'nav.live': 'Live',
  'nav.flows': 'Connections',
  'nav.case': 'Test run',
  'nav.skip': 'To the content',
  'lab.live': 'The lab is listening',
  'lab.away': 'The lab does not answer. Trying again…',
  'lab.loading': 'Asking the lab…',
  'lab.signed-in': 'Signed in as {role}',
  'lab.sign-out': 'Sign out',
  'role.viewer': 'viewer',
  'role.operator': 'operator',
  'role.administrator': 'administrator',
  language: 'Language',

  'phones.title': 'Phones on the lab',
  'phones.none': 'No phone has been seen yet.',
  'phones.none.how': 'Show me how to connect one',
  'phones.replays': 'Replays and tests, not phones',
  'phone.open': 'Open',
  'phone.name-it': 'Name it',
  'phone.show-how': 'Show me how',
  'phone.last-seen': 'last alert {when}',
  'phone.unregistered': 'not registered',
  'phone.unknown': 'No phone of this name is known to the lab.',
  'phone.left': 'What left this phone',
  'phone.left.none': 'Nothing of its own was seen leaving so far. “So far” is not “never”.',
  'phone.unseen': 'What could not be seen',
  'phone.unseen.none': 'No connection is known that the lab could not look into.',
  'phone.alerts': 'Alerts of this phone',
  'phone.kind': 'what',
  'phone.to': 'to whom',
  'phone.readable': 'readable on the way',
  'phone.times': 'times',
  'phone.server': 'server',
  'phone.connections': 'connections',
  'phone.why': 'why',
  yes: 'yes',
  no: 'no',

  'verdict.leaks-clear': 'Sends its {kinds} in the clear to {company}',
  'verdict.leaks': 'Sends its {kinds} to {company}',
  'verdict.maybe': 'Probably sends its {kinds} to {company}',
  'verdict.opaque': 'Sends data that nobody can read to {company}',
  'verdict.untrusted': 'Does not trust the lab yet',
  'verdict.untrusted.more': 'Nothing encrypted can be read until its certificate is installed.',
  'verdict.clean': 'Nothing of its own seen leaving so far',
  'verdict.clean.more': '“So far” is not “never”.',
  'verdict.silent': 'Has sent nothing yet',
  'verdict.silent.more': 'Once it uses the lab, what it does is shown here.',
  'verdict.silent-since': 'Has sent nothing since it was named',
  'verdict.silent-since.more': 'What passed under its address before stays with the address.',
  'verdict.unread': 'Nothing it sent could be read',
  'verdict.unread.more': 'What left it is not known: see what could not be looked into, and why.',
  'verdict.who': 'Who is this?',
  'verdict.who.more': 'Give it a name and its numbers (dial *#06#), so that they are searched for in every form.',
  'verdict.more': '{kinds} · {receivers}',
  'verdict.kinds_one': '1 kind of identifier',
  'verdict.kinds_other': '{count} kinds of identifiers',
  'verdict.receivers_one': '1 receiver',
  'verdict.receivers_other': '{count} receivers',
  'and-more': '{first} and {count} more',

  'bar.label': 'Of {total|connection|connections}: {parts}',
  'bar.read': '{share} read',
  'bar.closed': '{share} closed to everybody',
  'bar.passed': '{share} passed unread',
  'bar.failed': '{share} failed',
  'bar.other': '{share} beside the relay',

  'alert.times': '× {count}',
  'alert.replay': 'replay',
  'alert.not-stored': 'not stored yet: the disk refuses',
  'alert.server': 'Server in',
  'alert.network': 'Network',
  'alert.company': 'Company',
  'alert.unknown': 'unknown',
  'alert.agreed': 'databases agree',
  'alert.disputed': 'databases disagree',
  'alert.single': 'one database only',
  'alert.none': 'no database knows',
  'alert.where': 'Where it stood',
  'alert.steps': 'How it was found',
  'alert.how': 'How the lab knows',
  'alert.app': 'Probably sent by',
  'alert.phase': 'phase {phase}',
  'alert.first': 'first {when}, last {last}',
  'alert.probably-host': 'probably {host}',
  'alert.receivers': 'All receivers',
  'alert.phone': 'All of {name}',
  'alert.flow': 'The connection',

  ...SEVERITIES_EN,

  'class.read': 'read',
  'class.unreadable': 'decrypted, but no reader understands it',
  'class.opaque': 'locked inside: no decoder opens it',
  'class.partially-scanned': 'read in part',
  'class.pinned': 'the app accepts only its own certificate',
  'class.passed': 'passed through',
  'class.refused': 'refused by the lab’s rules',
  'class.failed': 'failed by itself',
  'class.lab-failed': 'failed because of the lab',
  'class.unwatched': 'nobody looked into it',
  'class.udp': 'datagrams, searched as raw bytes',
  'class.quic': 'QUIC, refused so that apps fall back',
  'class.bypassing': 'went past the lab',

  'form.title': 'Name this phone',
  'form.id': 'Short name, for lists',
  'form.model': 'Model',
  'form.imei': 'IMEI (dial *#06#; several: one per line)',
  'form.imsi': 'IMSI',
  'form.iccid': 'SIM number (ICCID)',
  'form.phone': 'Phone number',
  'form.wifi': 'Wi-Fi MAC address',
  'form.serial': 'Serial number',
  'form.save': 'Save',
  'form.cancel': 'Cancel',
  'form.bad-digit': 'The last digit does not fit: is it mistyped?',
  'form.bad-length': '{count|digit is|digits are} expected.',
  'form.viewer': 'A viewer may not change anything: sign in as operator.',
  'form.why': 'The values stay in the lab, encrypted, and are shown masked.',
} as const;

export type Word = keyof typeof EN;
type Plural<W> = W extends `${infer Base}_one` ? Base : never;
export type PluralWord = Plural<Word>;

const VI: Record<Word, string> = {
  ...LIVE_VI,
  ...SETUP_WORDS_VI,
  ...FLOWS_VI,
  ...CONTENT_VI,
  ...CASES_VI,
  ...FLEET_VI,
  title: 'Phonehome',
  'nav.phones': 'Điện thoại',
  'nav.live': 'Trực tiếp',
  'nav.flows': 'Kết nối',
  'nav.case': 'Đợt thử',
  'nav.skip': 'Đến nội dung',
  'lab.live': 'Phòng thử đang lắng nghe',
  'lab.away': 'Phòng thử không trả lời. Đang thử lại…',
  'lab.loading': 'Đang hỏi phòng thử…',
  'lab.signed-in': 'Đăng nhập với vai trò {role}',
  'lab.sign-out': 'Đăng xuất',
  'role.viewer': 'người xem',
  'role.operator': 'người vận hành',
  'role.administrator': 'quản trị viên',
  language: 'Ngôn ngữ',

  'phones.title': 'Điện thoại trong phòng thử',
  'phones.none': 'Chưa thấy điện thoại nào.',
  'phones.none.how': 'Hướng dẫn kết nối điện thoại',
  'phones.replays': 'Phát lại và thử nghiệm, không phải điện thoại thật',
  'phone.open': 'Mở',
  'phone.name-it': 'Đặt tên',
  'phone.show-how': 'Hướng dẫn',
  'phone.last-seen': 'cảnh báo gần nhất {when}',
  'phone.unregistered': 'chưa đăng ký',
  'phone.unknown': 'Phòng thử không biết điện thoại nào tên này.',
  'phone.left': 'Những gì đã rời khỏi điện thoại này',
  'phone.left.none': 'Đến nay chưa thấy dữ liệu riêng nào rời máy. “Đến nay chưa” không phải là “không bao giờ”.',
  'phone.unseen': 'Những gì không xem được',
  'phone.unseen.none': 'Không có kết nối nào mà phòng thử không xem được.',
  'phone.alerts': 'Cảnh báo của điện thoại này',
  'phone.kind': 'dữ liệu',
  'phone.to': 'gửi cho ai',
  'phone.readable': 'người khác trên đường truyền đọc được',
  'phone.times': 'số lần',
  'phone.server': 'máy chủ',
  'phone.connections': 'kết nối',
  'phone.why': 'lý do',
  yes: 'có',
  no: 'không',

  'verdict.leaks-clear': 'Gửi {kinds} không mã hoá cho {company}',
  'verdict.leaks': 'Gửi {kinds} cho {company}',
  'verdict.maybe': 'Có lẽ gửi {kinds} cho {company}',
  'verdict.opaque': 'Gửi dữ liệu không ai đọc được cho {company}',
  'verdict.untrusted': 'Chưa tin cậy phòng thử',
  'verdict.untrusted.more': 'Chưa cài chứng chỉ thì chưa đọc được dữ liệu mã hoá nào.',
  'verdict.clean': 'Đến nay chưa thấy dữ liệu riêng nào rời máy',
  'verdict.clean.more': '“Đến nay chưa” không phải là “không bao giờ”.',
  'verdict.silent': 'Chưa gửi gì',
  'verdict.silent.more': 'Khi điện thoại dùng phòng thử, hoạt động của nó hiện ở đây.',
  'verdict.silent-since': 'Chưa gửi gì kể từ khi được đặt tên',
  'verdict.silent-since.more': 'Những gì đi qua dưới địa chỉ của máy trước đó vẫn ghi theo địa chỉ.',
  'verdict.unread': 'Không đọc được gì máy đã gửi',
  'verdict.unread.more': 'Chưa biết điều gì đã rời khỏi máy: xem những gì không xem được và lý do.',
  'verdict.who': 'Đây là điện thoại nào?',
  'verdict.who.more': 'Hãy đặt tên và nhập các số của máy (bấm *#06#) để tìm chúng ở mọi dạng.',
  'verdict.more': '{kinds} · {receivers}',
  'verdict.kinds_one': '1 loại định danh',
  'verdict.kinds_other': '{count} loại định danh',
  'verdict.receivers_one': '1 bên nhận',
  'verdict.receivers_other': '{count} bên nhận',
  'and-more': '{first} và {count} loại khác',

  'bar.label': 'Trong {total} kết nối: {parts}',
  'bar.read': '{share} đọc được',
  'bar.closed': '{share} không ai mở được',
  'bar.passed': '{share} cho qua không đọc',
  'bar.failed': '{share} thất bại',
  'bar.other': '{share} ngoài đường chuyển tiếp',

  'alert.times': '× {count}',
  'alert.replay': 'phát lại',
  'alert.not-stored': 'chưa lưu: đĩa từ chối ghi',
  'alert.server': 'Máy chủ ở',
  'alert.network': 'Mạng',
  'alert.company': 'Công ty',
  'alert.unknown': 'không rõ',
  'alert.agreed': 'các cơ sở dữ liệu thống nhất',
  'alert.disputed': 'các cơ sở dữ liệu không thống nhất',
  'alert.single': 'chỉ một cơ sở dữ liệu',
  'alert.none': 'không cơ sở dữ liệu nào biết',
  'alert.where': 'Vị trí trong dữ liệu',
  'alert.steps': 'Cách tìm ra',
  'alert.how': 'Vì sao phòng thử biết',
  'alert.app': 'Có lẽ do',
  'alert.phase': 'giai đoạn {phase}',
  'alert.first': 'lần đầu {when}, lần cuối {last}',
  'alert.probably-host': 'có lẽ {host}',
  'alert.receivers': 'Mọi bên nhận',
  'alert.phone': 'Tất cả về {name}',
  'alert.flow': 'Kết nối này',

  ...SEVERITIES_VI,

  'class.read': 'đọc được',
  'class.unreadable': 'đã giải mã nhưng không hiểu được',
  'class.opaque': 'bị khoá bên trong: không bộ giải mã nào mở được',
  'class.partially-scanned': 'đọc được một phần',
  'class.pinned': 'ứng dụng chỉ nhận chứng chỉ riêng',
  'class.passed': 'cho qua',
  'class.refused': 'bị quy tắc của phòng thử từ chối',
  'class.failed': 'tự thất bại',
  'class.lab-failed': 'thất bại do phòng thử',
  'class.unwatched': 'không ai xem',
  'class.udp': 'gói tin UDP, tìm trong dữ liệu thô',
  'class.quic': 'QUIC, bị từ chối để ứng dụng dùng cách khác',
  'class.bypassing': 'đi vòng qua phòng thử',

  'form.title': 'Đặt tên điện thoại này',
  'form.id': 'Tên ngắn, dùng trong danh sách',
  'form.model': 'Kiểu máy',
  'form.imei': 'IMEI (bấm *#06#; nhiều số: mỗi dòng một số)',
  'form.imsi': 'IMSI',
  'form.iccid': 'Số SIM (ICCID)',
  'form.phone': 'Số điện thoại',
  'form.wifi': 'Địa chỉ MAC Wi-Fi',
  'form.serial': 'Số sê-ri',
  'form.save': 'Lưu',
  'form.cancel': 'Huỷ',
  'form.bad-digit': 'Chữ số cuối không khớp: có gõ nhầm không?',
  'form.bad-length': 'Cần {count} chữ số.',
  'form.viewer': 'Người xem không được thay đổi gì: hãy đăng nhập với vai trò người vận hành.',
  'form.why': 'Các giá trị được mã hoá, chỉ nằm trong phòng thử và được che khi hiển thị.',
};

export const LANGUAGES = { en: 'English', vi: 'Tiếng Việt' } as const;
export type Language = keyof typeof LANGUAGES;
export const WORDS: Record<Language, Record<Word, string>> = { en: EN, vi: VI };

const STORED = 'phonehome.language';

function preferred(): Language {
  const chosen = globalThis.localStorage?.getItem(STORED);
  if (chosen === 'en' || chosen === 'vi') return chosen;
  return globalThis.navigator?.language.startsWith('vi') ? 'vi' : 'en';
}

export const language = signal<Language>(preferred());

export function choose(one: Language): void {
  language.value = one;
  localStorage.setItem(STORED, one);
}

type Values = Record<string, string | number>;

/** The word in the person's language, its places filled. */
export function t(word: Word, values: Values = {}): string {
  return WORDS[language.value][word].replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, name: string, one, other) =>
    one === undefined ? String(values[name] ?? '') : numbered(values[name] ?? '', language.value, { one, other }),
  );
}

/** One or several. */
export function tn(word: PluralWord, count: number): string {
  return t(`${word}_${count === 1 ? 'one' : 'other'}` as Word, { count: number(count) });
}

/** A sentence of the lab's catalogue in the person's language; `otherwise` of a lab that sent none. */
export const said = (text: Text | undefined, otherwise: string): string =>
  text ? say(text, language.value) : otherwise;

export const nounOf = (kind: string): string =>
  (language.value === 'vi' ? KINDS_VI[kind as Kind] : undefined) ?? KIND_FACTS[kind as Kind]?.noun ?? kind;

/** A usual phase or mark of a test run by its name in the catalogue; any other as it was written. */
export const phaseOf = (phase: string): string =>
  (language.value === 'vi' ? PHASES_VI : PHASES_EN)[`phase.${phase}` as keyof typeof PHASES_EN] ?? phase;

export const number = (value: number): string => numbers(language.value).format(value);
export const share = (value: number): string =>
  numbers(language.value, { style: 'percent', maximumFractionDigits: 0 }).format(value);

/** `China`, from `CN`; null stays null. */
export function country(code: string | null | undefined): string | null {
  if (!code) return null;
  try {
    return regions(language.value).of(code) ?? code;
  } catch {
    return code;
  }
}

/** The browser's own form of the language, for dates: `en-GB`. */
const locale = (): string => {
  const own = globalThis.navigator?.language ?? '';
  return own.startsWith(language.value) ? own : language.value;
};

/** The time; with the date when it is not today. */
export function when(iso: string): string {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  return times(locale(), {
    ...(isToday ? {} : { dateStyle: 'medium' }),
    timeStyle: 'medium',
  }).format(date);
}

/** The day alone. */
export const date = (iso: string): string => times(locale(), { dateStyle: 'long' }).format(new Date(iso));
