/** Test runs, and what is made of them for others. */
import type { CommandSpec } from '../command.ts';
import { url } from '../flag-values.ts';
import { CA_PASSPHRASE_FLAG, type Flag, LANGUAGE_FLAG, REVEAL_FLAG, SIMULATED_FLAG } from '../flags.ts';

const plans = () => import('../commands/plan.ts');
const cases = () => import('../commands/case.ts');

/** Of `case new`. */
const CASE_FLAGS: Flag[] = [
  {
    name: 'device',
    value: 'ID',
    list: true,
    help: 'flag.device.case',
  },
  { name: 'model', value: 'TEXT', help: 'flag.model.case' },
  { name: 'units', value: 'TEXT', help: 'flag.units' },
  { name: 'firmware', value: 'TEXT', help: 'flag.firmware' },
  { name: 'sim', value: 'TEXT', help: 'flag.sim' },
  { name: 'tester', value: 'TEXT', help: 'flag.tester' },
  { name: 'place', value: 'TEXT', help: 'flag.place' },
  { name: 'purpose', value: 'TEXT', help: 'flag.purpose' },
];

/** Of `plan run`. */
const PLAN_FLAGS: Flag[] = [
  { name: 'device', value: 'ID', help: 'flag.device.plan' },
  { name: 'title', value: 'TEXT', help: 'flag.title' },
  ...CASE_FLAGS.filter(({ name }) => name !== 'device'),
];

const EXPORT_FLAGS: Flag[] = [
  { name: 'out', value: 'FILE', help: 'flag.out' },
  { name: 'redact', help: 'flag.redact' },
  { ...LANGUAGE_FLAG, help: 'flag.lang.export' },
  { name: 'timestamp', value: 'URL', default: null, parse: url, help: 'flag.timestamp' },
  { name: 'devices', value: 'FILE', default: null, help: 'flag.devices.export' },
  CA_PASSPHRASE_FLAG,
  SIMULATED_FLAG,
];

/** Of `report`. */
const REPORT_FLAGS: Flag[] = [
  { name: 'out', value: 'FILE', help: 'flag.out.report' },
  {
    name: 'letter',
    help: 'flag.letter',
  },
  CA_PASSPHRASE_FLAG,
  SIMULATED_FLAG,
  REVEAL_FLAG,
];

const COMPARE_FLAGS: Flag[] = [
  { name: 'html', value: 'FILE', default: null, help: 'flag.html.compare' },
  {
    name: 'claim',
    value: 'CLAIM',
    list: true,
    help: 'flag.claim',
  },
];

export const CASES: CommandSpec[] = [
  {
    name: 'case list',
    summary: 'do.case.list',
    flags: [],
    examples: ['case list', 'case list --json'],
    load: async () => (await cases()).list,
  },
  {
    name: 'case new',
    words: '<title>',
    summary: 'do.case.new',
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
    summary: 'do.case.show',
    flags: [SIMULATED_FLAG],
    examples: ['case show'],
    load: async () => (await cases()).show,
  },
  {
    name: 'case import',
    words: '<id> <file>',
    summary: 'do.case.import',
    flags: [],
    examples: ['case import 01JABC App_Privacy_Report_v4.ndjson', 'case import 01JABC PCAPdroid_30_Nov.csv'],
    load: async () => (await cases()).importRecord,
  },
  {
    name: 'case mark',
    words: '<mark> [id]',
    summary: 'do.case.mark',
    flags: [{ name: 'event', help: 'flag.event' }],
    examples: ['case mark before-consent', 'case mark unlock', 'case mark "SIM taken out" --event'],
    load: async () => (await cases()).mark,
  },
  {
    name: 'case capture',
    words: '<file> [id]',
    summary: 'do.case.capture',
    flags: [],
    examples: ['case capture first-start.pcapng', 'case capture run.pcapng 01JD…'],
    load: async () => (await cases()).capture,
  },
  {
    name: 'case close',
    words: '[id]',
    summary: 'do.case.close',
    flags: [],
    examples: ['case close'],
    load: async () => (await cases()).close,
  },
  {
    name: 'plan list',
    summary: 'do.plan.list',
    flags: [],
    examples: ['plan list', 'plan list --lang vi'],
    load: async () => (await plans()).list,
  },
  {
    name: 'plan run',
    words: '<plan>',
    summary: 'do.plan.run',
    flags: PLAN_FLAGS,
    examples: ['plan run first-boot --device nokia-01', 'plan run my-plan.yaml --device nokia-01 --lang vi'],
    load: async () => (await plans()).run,
  },
  {
    name: 'report',
    words: '[case]',
    summary: 'do.report',
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
    summary: 'do.export',
    flags: EXPORT_FLAGS,
    examples: ['export 01JD… --out nokia.zip', 'export --out nokia-redacted.zip --redact'],
    load: async () => (await import('../commands/export.ts')).exportPackage,
  },
  {
    name: 'compare',
    words: '<a> <b> [more...]',
    summary: 'do.compare',
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
    summary: 'do.verify',
    flags: [
      { name: 'head', help: 'flag.head' },
      {
        name: 'expect',
        value: 'HEAD',
        default: null,
        help: 'flag.expect',
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
