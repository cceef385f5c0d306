/** Test runs, and what is made of them for others. */
import type { CommandSpec } from '../command.ts';
import { oneOf, url } from '../flag-values.ts';
import { CA_PASSPHRASE_FLAG, type Flag, LANGUAGE_FLAG, REVEAL_FLAG, SIMULATED_FLAG } from '../flags.ts';

const plans = () => import('../commands/plan.ts');
const cases = () => import('../commands/case.ts');

/** Of `case new`. */
const CASE_FLAGS: Flag[] = [
  {
    name: 'device',
    value: 'ID',
    list: true,
    help: 'only alerts of this phone; may be given several times (default: every phone)',
  },
  { name: 'model', value: 'TEXT', help: 'model of the phone, as the report is to name it' },
  { name: 'units', value: 'TEXT', help: 'which units of it' },
  { name: 'firmware', value: 'TEXT', help: 'its version of the system' },
  { name: 'sim', value: 'TEXT', help: 'operator of the SIM in it, or none' },
  { name: 'tester', value: 'TEXT', help: 'who tests' },
  { name: 'place', value: 'TEXT', help: 'where' },
  { name: 'purpose', value: 'TEXT', help: 'what is to be found out' },
];

/** Of `plan run`. */
const PLAN_FLAGS: Flag[] = [
  { name: 'device', value: 'ID', help: 'the phone that is tested' },
  { name: 'title', value: 'TEXT', help: 'name of the test run (default: the title of the plan)' },
  LANGUAGE_FLAG,
  ...CASE_FLAGS.filter(({ name }) => name !== 'device'),
];

/** Of `report`. */
const EXPORT_FLAGS: Flag[] = [
  { name: 'out', value: 'FILE', help: 'where to: FILE.zip' },
  { name: 'redact', help: 'every identifier replaced by a pseudonym, in bodies and encodings too' },
  { name: 'lang', value: 'LANGUAGE', default: 'en', parse: oneOf(['en', 'vi']), help: 'of the report in it: en or vi' },
  { name: 'timestamp', value: 'URL', default: null, parse: url, help: 'a server that stamps the time (RFC 3161)' },
  { name: 'devices', value: 'FILE', default: null, help: 'the phones (default: those of the data directory)' },
  CA_PASSPHRASE_FLAG,
  SIMULATED_FLAG,
];

const REPORT_FLAGS: Flag[] = [
  { name: 'out', value: 'FILE', help: 'where to: FILE.pdf or FILE.html; of a letter FILE.txt, too' },
  {
    name: 'letter',
    help: 'a drafted letter to the vendor in place of the report: facts filled in, nothing asserted beyond them',
  },
  LANGUAGE_FLAG,
  SIMULATED_FLAG,
  REVEAL_FLAG,
];

const COMPARE_FLAGS: Flag[] = [
  { name: 'html', value: 'FILE', default: null, help: 'also as one HTML file for people' },
  { name: 'lang', value: 'LANGUAGE', default: 'en', parse: oneOf(['en', 'vi']), help: 'of the sentences: en or vi' },
  {
    name: 'claim',
    value: 'CLAIM',
    list: true,
    help: 'what the maker says of B: gone:HOST, to:europe, to:DE, none, once, encrypted, after-consent',
  },
];

export const CASES: CommandSpec[] = [
  {
    name: 'case list',
    summary: 'all test runs, newest first',
    flags: [],
    examples: ['case list', 'case list --json'],
    load: async () => (await cases()).list,
  },
  {
    name: 'case new',
    words: '<title>',
    summary: 'begin a test run; alerts from now on belong to it',
    flags: CASE_FLAGS,
    examples: [
      'case new "Nokia 7 Plus, first start" --device nokia-01',
      'case new "After the update" --device nokia-01 --firmware 00WW_3_22C --sim none --tester "N. Lan" --place Hanoi',
    ],
    load: async () => (await cases()).open,
  },
  {
    name: 'case show',
    words: '[id]',
    summary: 'one test run: what left in which phase, and what could not be seen (default: the newest)',
    flags: [SIMULATED_FLAG],
    examples: ['case show'],
    load: async () => (await cases()).show,
  },
  {
    name: 'case import',
    words: '<id> <file>',
    summary:
      "a phone's own record (App Privacy Report of iOS, table of PCAPdroid): servers it met and the lab did not see",
    flags: [],
    examples: ['case import 01JABC App_Privacy_Report_v4.ndjson', 'case import 01JABC PCAPdroid_30_Nov.csv'],
    load: async () => (await cases()).importRecord,
  },
  {
    name: 'case mark',
    words: '<mark> [id]',
    summary:
      'begin a phase now (before-consent, consent-given, idle…), or note what is done to the phone (boot, unlock…)',
    flags: [{ name: 'event', help: 'these are words of your own for something done to the phone: the phase goes on' }],
    examples: ['case mark before-consent', 'case mark unlock', 'case mark "SIM taken out" --event'],
    load: async () => (await cases()).mark,
  },
  {
    name: 'case capture',
    words: '<file> [id]',
    summary: 'write the recorded traffic of a test run as pcapng with its TLS keys inside (default: the newest)',
    flags: [],
    examples: ['case capture first-start.pcapng', 'case capture run.pcapng 01JD…'],
    load: async () => (await cases()).capture,
  },
  {
    name: 'case close',
    words: '[id]',
    summary: 'end a test run (default: the newest open one)',
    flags: [],
    examples: ['case close'],
    load: async () => (await cases()).close,
  },
  {
    name: 'plan list',
    summary: 'ready-made tests: what to do to a phone, step by step',
    flags: [LANGUAGE_FLAG],
    examples: ['plan list', 'plan list --lang vi'],
    load: async () => (await plans()).list,
  },
  {
    name: 'plan run',
    words: '<plan>',
    summary:
      'lead through a test: says what to do next, marks it, waits, and ends with the verdict; goes on where it was stopped',
    flags: PLAN_FLAGS,
    examples: ['plan run first-boot --device nokia-01', 'plan run my-plan.yaml --device nokia-01 --lang vi'],
    load: async () => (await plans()).run,
  },
  {
    name: 'report',
    words: '[case]',
    summary:
      'a test run as one file to read and print, PDF or HTML: what left, to whom, how it was found, what could not be seen',
    flags: REPORT_FLAGS,
    examples: [
      'report 01JD… --out nokia.pdf',
      'report --out nokia-vi.html --lang vi',
      'report --letter --out letter.txt',
    ],
    load: async () => (await import('../commands/report.ts')).report,
  },
  {
    name: 'export',
    words: '[case]',
    summary:
      'a test run as one signed zip that others can check: report, alerts, traffic (HAR, EVE, pcapng), hash chain, sources',
    flags: EXPORT_FLAGS,
    examples: ['export 01JD… --out nokia.zip', 'export --out nokia-redacted.zip --redact'],
    load: async () => (await import('../commands/export.ts')).exportPackage,
  },
  {
    name: 'compare',
    words: '<a> <b> [more...]',
    summary:
      'two phones of one model, or one phone before and after: what stopped, is new, moved, and what tells them apart; more than two: a row each',
    flags: COMPARE_FLAGS,
    examples: [
      'compare CASE-BEFORE CASE-AFTER --claim once --claim to:europe --html compared.html',
      'compare nokia-01 pixel-01 redmi-01',
      'compare nokia-01 nokia-02',
      'compare 01JABC:before-consent 01JABC:after-consent',
      'compare CASE-BEFORE-RESET CASE-AFTER-RESET --json',
    ],
    load: async () => (await import('../commands/compare.ts')).compare,
  },
  {
    name: 'verify',
    words: '[file]',
    summary:
      'whether anything stored, or anything in an exported FILE.zip, was changed, removed or added; 0: intact, 1: changed',
    flags: [
      { name: 'head', help: 'print the latest signed end of the chain, one line, to be kept elsewhere' },
      {
        name: 'expect',
        value: 'HEAD',
        default: null,
        help: 'such a line, or a file that holds it: the chain must still go on from there',
      },
    ],
    examples: [
      'verify',
      'verify nokia.zip',
      'verify --head > head-2026-11-30.txt',
      'verify --expect head-2026-11-30.txt',
    ],
    load: async () => (await import('../commands/verify.ts')).verify,
  },
];
