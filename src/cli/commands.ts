/**
 * Every command as data: its words, help, flags, examples, and the file that runs it.
 * The file is imported only when the command runs, so that `start` loads no React and `watch` no proxy.
 * What does not work yet is not in this list.
 */
import {
  ALERT_FLAGS,
  BACKUP_PASSPHRASE_FLAG,
  CA_PASSPHRASE_FLAG,
  CASE_FLAGS,
  COMMON_FLAGS,
  COMPARE_FLAGS,
  DEMO_FLAGS,
  DEVICE_FLAGS,
  DROP_FLAGS,
  EXPORT_FLAGS,
  FLOW_FLAGS,
  type Flag,
  GATEWAY_FLAGS,
  LAB_FLAGS,
  LANGUAGE_FLAG,
  MUTE_FLAGS,
  PHONE_FLAG,
  PLAN_FLAGS,
  REACH_FLAGS,
  REPORT_FLAGS,
  REVEAL_FLAG,
  SCAN_FLAGS,
  SIMULATED_FLAG,
  TRUST_TEST_FLAGS,
  UI_FLAGS,
  WATCH_FLAGS,
} from './flags.ts';

/** Runs a command with its flags (camelCase, defaults filled in) and its words; returns the exit code. */
export type Action = (flags: Record<string, unknown>, words: string[]) => Promise<number>;

export interface CommandSpec {
  /** `start`, or `device add`. */
  name: string;
  /** Words after the name, in commander's notation. */
  words?: string;
  summary: string;
  flags: Flag[];
  examples: string[];
  load: () => Promise<Action>;
}

export const GROUPS: Record<string, string> = {
  device: 'phones under test: their identifiers and what is planted on them',
  case: 'test runs and their phases',
  ca: "the lab's own certificate authority",
  token: 'who may ask the lab what',
  pins: "apps that refuse the lab's certificate",
  'trust-test': 'whether an app checks certificates at all',
  gateway: 'interception without a proxy setting: rules, addresses, access point, tunnel',
};

const device = () => import('./commands/device.ts');
const plans = () => import('./commands/plan.ts');
const cases = () => import('./commands/case.ts');
const ca = () => import('./commands/ca.ts');
const notify = () => import('./commands/notify.ts');
const token = () => import('./commands/token.ts');
const pins = () => import('./commands/pins.ts');
const trustTest = () => import('./commands/trust-test.ts');
const gateway = () => import('./commands/gateway.ts');

export const COMMANDS: CommandSpec[] = [
  {
    name: 'start',
    summary: 'run the lab: proxy, alerts, API; prints what to type into the phone',
    flags: LAB_FLAGS,
    examples: ['start', 'start --proxy-port 3128 --devices phones.yaml', 'start --json --proxy-port 0 --ui-port 0'],
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    name: 'demo',
    summary: 'start, and play every reported case against simulated vendors; no phone needed',
    flags: [...LAB_FLAGS, ...DEMO_FLAGS],
    examples: ['demo', 'demo --case nokia-7-plus', 'demo --once --json'],
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'watch',
    summary: 'live alerts of a running lab in this terminal; one line per alert in a pipe',
    flags: [...WATCH_FLAGS, { ...LANGUAGE_FLAG, help: 'of the sentences: en or vi' }],
    examples: [
      'watch',
      'watch --lang vi',
      'watch --json --severity high',
      'PHONEHOME_TOKEN=$(cat token) phonehome watch --url http://192.168.1.20:8081',
    ],
    load: async () => (await import('./commands/watch.ts')).watch,
  },
  {
    name: 'alerts',
    summary: 'the stored alerts, the one seen last at the end; then it ends',
    flags: ALERT_FLAGS,
    examples: ['alerts', 'alerts --since 120 --json', 'alerts --device nokia-01 --severity high'],
    load: async () => (await import('./commands/records.ts')).alerts,
  },
  {
    name: 'flows',
    summary: 'the stored connections, newest first: who, where to, how much; then it ends',
    flags: FLOW_FLAGS,
    examples: ['flows', 'flows --device nokia-01 --host xiaomi --json'],
    load: async () => (await import('./commands/records.ts')).flows,
  },
  {
    name: 'replay',
    words: '[cases...]',
    summary: 'play reported cases through the running lab; without a name: list them',
    flags: REACH_FLAGS,
    examples: ['replay', 'replay nokia-7-plus wiko-sts', 'replay all'],
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  {
    name: 'scan',
    words: '<files...>',
    summary: 'search recorded traffic (HAR, pcap, NDJSON, directories of them, - for a pipe) and print the findings',
    flags: SCAN_FLAGS,
    examples: [
      'scan session.har',
      'scan recordings/ --devices phones.yaml --fail-on high',
      'scan capture.pcapng',
      'scan - < session.har',
      'scan session.har --json',
    ],
    load: async () => (await import('./commands/scan.ts')).scan,
  },
  {
    name: 'device list',
    summary: "the registered phones, values masked, and those on the lab's network without a name",
    flags: [REVEAL_FLAG],
    examples: ['device list', 'device list --reveal --json'],
    load: async () => (await device()).list,
  },
  {
    name: 'device add',
    words: '<id>',
    summary: 'register a phone, or add to what is registered about it',
    flags: DEVICE_FLAGS,
    examples: [
      'device add nokia-01 --ip 192.168.1.50 --imei 490154203237518',
      'device add nokia-01 --mac 02:00:5e:10:00:01 --set email=lab@example.com',
    ],
    load: async () => (await device()).add,
  },
  {
    name: 'device set',
    words: '<id>',
    summary: 'change a phone: what is given takes the place of what is registered of that sort',
    flags: DEVICE_FLAGS,
    examples: ['device set nokia-01 --imei 490154203237518', 'device set nokia-01 --set email=lab@example.com'],
    load: async () => (await device()).set,
  },
  {
    name: 'device name',
    words: '<phone> <id>',
    summary: 'register a phone that was seen: its address, its MAC address, or what it calls itself',
    flags: [{ name: 'model', value: 'TEXT', help: 'e.g. "Nokia 7 Plus"' }],
    examples: ['device name 02:00:5e:10:00:01 nokia-01', 'device name 10.77.0.100 nokia-01 --model "Nokia 7 Plus"'],
    load: async () => (await device()).name,
  },
  {
    name: 'device ignore',
    words: '<phone>',
    summary: "a bystander's phone: passed through, nothing kept but a count; its id, its address or its MAC address",
    flags: [{ name: 'off', help: 'look into what it sends again' }],
    examples: ['device ignore 192.168.1.77', 'device ignore nokia-01', 'device ignore nokia-01 --off'],
    load: async () => (await device()).ignore,
  },
  {
    name: 'device import',
    words: '<file>',
    summary: 'register every phone of a devices file (YAML or JSON)',
    flags: [],
    examples: ['device import phones.yaml'],
    load: async () => (await device()).importFile,
  },
  {
    name: 'device export',
    words: '[file]',
    summary: 'write the devices file (YAML, or JSON for *.json); values in clear, so --reveal is needed',
    flags: [REVEAL_FLAG],
    examples: ['device export phones.yaml --reveal'],
    load: async () => (await device()).exportFile,
  },
  {
    name: 'device remove',
    words: '<id>',
    summary: 'forget a phone; with values, only these of it',
    flags: DROP_FLAGS,
    examples: ['device remove nokia-01', 'device remove nokia-01 --imei 490154203237518'],
    load: async () => (await device()).remove,
  },
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
    load: async () => (await import('./commands/report.ts')).report,
  },
  {
    name: 'export',
    words: '[case]',
    summary:
      'a test run as one signed zip that others can check: report, alerts, traffic (HAR, EVE, pcapng), hash chain, sources',
    flags: EXPORT_FLAGS,
    examples: ['export 01JD… --out nokia.zip', 'export --out nokia-redacted.zip --redact'],
    load: async () => (await import('./commands/export.ts')).exportPackage,
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
    load: async () => (await import('./commands/compare.ts')).compare,
  },
  {
    name: 'forget',
    words: '<device>',
    summary: 'remove a phone (or what came from an address) and all that was recorded of it, for good',
    flags: [
      { name: 'recordings', help: 'also delete the recording of the whole network (--capture)' },
      CA_PASSPHRASE_FLAG,
    ],
    examples: ['forget nokia-01', 'forget 192.168.1.50', 'forget nokia-01 --recordings'],
    load: async () => (await import('./commands/forget.ts')).forget,
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
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'notify show',
    summary: 'who is told of alerts outside the lab, what waits, what was given up, what is held back',
    flags: [],
    examples: ['notify show', 'notify show --json'],
    load: async () => (await notify()).show,
  },
  {
    name: 'notify example',
    summary: 'print a notify.yaml to begin with: webhooks (Telegram, Slack, Matrix, Zalo), mail, rules, mutes',
    flags: [],
    examples: ['notify example > data/notify.yaml'],
    load: async () => (await notify()).example,
  },
  {
    name: 'notify test',
    words: '<receiver>',
    summary: 'send a receiver a test that holds nothing of any phone; 0: it took it',
    flags: [],
    examples: ['notify test newsroom'],
    load: async () => (await notify()).test,
  },
  {
    name: 'notify retry',
    words: '<receiver>',
    summary: 'what was given up for a receiver waits again',
    flags: [],
    examples: ['notify retry newsroom'],
    load: async () => (await notify()).retry,
  },
  {
    name: 'notify mute',
    words: '<name>',
    summary: 'hold alerts back until a day, for a reason; they stay in the lab and are counted',
    flags: MUTE_FLAGS,
    examples: ['notify mute noisy --host telemetry.example.com --until 2027-01-31 --reason "looked into by Linh"'],
    load: async () => (await notify()).mute,
  },
  {
    name: 'notify accept',
    words: '<name>',
    summary: 'the same of findings that are known and accepted',
    flags: MUTE_FLAGS,
    examples: ['notify accept ads --kind advertising_id --until 2027-03-31 --reason "goes with the March update"'],
    load: async () => (await notify()).accept,
  },
  {
    name: 'notify unmute',
    words: '<name>',
    summary: 'end a mute',
    flags: [],
    examples: ['notify unmute noisy'],
    load: async () => (await notify()).unmute,
  },
  {
    name: 'ca show',
    summary: 'fingerprint, validity and files of the root certificate',
    flags: [],
    examples: ['ca show'],
    load: async () => (await ca()).show,
  },
  {
    name: 'ca export',
    words: '<format> [file]',
    summary: 'write the root certificate as pem, cer, p12 or mobileconfig',
    flags: [],
    examples: ['ca export cer', 'ca export mobileconfig phonehome.mobileconfig'],
    load: async () => (await ca()).exportFile,
  },
  {
    name: 'ca rotate',
    summary: 'make a new root certificate; every phone must install it again',
    flags: [
      { name: 'yes', help: 'do it without asking' },
      { name: 'rsa', help: 'an RSA root, for very old phones that know nothing else' },
      CA_PASSPHRASE_FLAG,
    ],
    examples: ['ca rotate --yes', 'ca rotate --rsa'],
    load: async () => (await ca()).rotate,
  },
  {
    name: 'ca passphrase',
    words: '<set|remove>',
    summary: 'encrypt the keys of authority and evidence with a passphrase, change that, or take it away',
    flags: [
      CA_PASSPHRASE_FLAG,
      {
        name: 'new-passphrase-file',
        value: 'FILE',
        default: null,
        help: 'the new one (or PHONEHOME_CA_NEW_PASSPHRASE; else asked)',
      },
    ],
    examples: ['ca passphrase set', 'ca passphrase remove --ca-passphrase-file old.txt'],
    load: async () => (await ca()).passphrase,
  },
  {
    name: 'backup',
    words: '<file>',
    summary: 'all of a lab in one file: store, keys, certificates, phones, tokens; also while it runs',
    flags: [BACKUP_PASSPHRASE_FLAG, { name: 'encrypt', help: 'with a passphrase (asked, or given as below)' }],
    examples: ['backup lab.backup', 'backup lab.backup --encrypt'],
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    words: '<file>',
    summary: 'make a lab of a backup, in a data directory that holds none',
    flags: [BACKUP_PASSPHRASE_FLAG],
    examples: ['restore lab.backup --data ./data'],
    load: async () => (await import('./commands/backup.ts')).restore,
  },
  {
    name: 'token show',
    words: '[role]',
    summary: 'where the tokens of viewer, operator and administrator stand; with a role, its token',
    flags: [],
    examples: ['token show', 'token show viewer'],
    load: async () => (await token()).show,
  },
  {
    name: 'token rotate',
    words: '[role]',
    summary: 'new tokens in place of the old ones (default: all three); also while the lab runs',
    flags: [],
    examples: ['token rotate', 'token rotate viewer'],
    load: async () => (await token()).rotate,
  },
  {
    name: 'ui',
    summary: 'print, and with a desktop open, an address that signs a browser in',
    flags: [...REACH_FLAGS, ...UI_FLAGS],
    examples: ['ui', 'ui --role viewer --print'],
    load: async () => (await import('./commands/ui.ts')).ui,
  },
  {
    name: 'gateway up',
    summary: 'make this machine the router of the phones (root); twice is once',
    flags: GATEWAY_FLAGS,
    examples: ['sudo phonehome gateway up', 'sudo phonehome gateway up --gateway-config lab.yaml'],
    load: async () => (await gateway()).up,
  },
  {
    name: 'gateway down',
    summary: 'undo everything that "gateway up" did, even after a crash (root)',
    flags: [],
    examples: ['sudo phonehome gateway down'],
    load: async () => (await gateway()).down,
  },
  {
    name: 'gateway status',
    summary: 'what is up, what is missing, what was refused (counters need root)',
    flags: GATEWAY_FLAGS,
    examples: ['sudo phonehome gateway status', 'gateway status --json'],
    load: async () => (await gateway()).status,
  },
  {
    name: 'gateway print',
    summary: 'show every rule, setting and file "gateway up" would use; needs no root',
    flags: [...GATEWAY_FLAGS, { ...REVEAL_FLAG, help: 'show passphrase and keys' }],
    examples: ['gateway print', 'gateway print --gateway-config lab.yaml'],
    load: async () => (await gateway()).printFiles,
  },
  {
    name: 'gateway wireguard',
    words: '<verb> [name]',
    summary: 'phones of the tunnel: add NAME (prints the QR code), remove NAME, list',
    flags: GATEWAY_FLAGS,
    examples: ['gateway wireguard add nokia-01', 'gateway wireguard list'],
    load: async () => (await gateway()).wireguard,
  },
  {
    name: 'why',
    words: '<host>',
    summary: 'what happened to the last connections to a server, why, and what can be done',
    flags: [...REACH_FLAGS, PHONE_FLAG],
    examples: ['why api.example.com', 'why api.example.com --device nokia-01'],
    load: async () => (await import('./commands/why.ts')).why,
  },
  {
    name: 'pins list',
    summary: "apps that refused the lab's certificate, and what is done about them",
    flags: [...REACH_FLAGS, PHONE_FLAG],
    examples: ['pins list', 'pins list --device nokia-01 --json'],
    load: async () => (await pins()).list,
  },
  {
    name: 'pins set',
    words: '<name> <rule>',
    summary: 'pass a server name of a phone through always, never, or as the app behaves (auto)',
    flags: [...REACH_FLAGS, PHONE_FLAG],
    examples: ['pins set bank.example.com never --device nokia-01', 'pins set bank.example.com auto'],
    load: async () => (await pins()).set,
  },
  {
    name: 'trust-test start',
    words: '<name>',
    summary: 'show the next connection of a phone to this server name a bad certificate, once',
    flags: [...REACH_FLAGS, ...TRUST_TEST_FLAGS],
    examples: [
      'trust-test start api.example.com --device nokia-01 --wait',
      'trust-test start api.example.com --device nokia-01 --test wrong-name --minutes 30',
    ],
    load: async () => (await trustTest()).start,
  },
  {
    name: 'trust-test list',
    summary: 'trust tests that were asked for, and how they went',
    flags: REACH_FLAGS,
    examples: ['trust-test list'],
    load: async () => (await trustTest()).list,
  },
  {
    name: 'trust-test cancel',
    words: '<id>',
    summary: 'call a waiting trust test off',
    flags: REACH_FLAGS,
    examples: ['trust-test cancel 01KAMZ5Q0G8W3Y1N4T6V8X0Z2B'],
    load: async () => (await trustTest()).cancel,
  },
  {
    name: 'doctor',
    summary: 'check the set-up and say what to do',
    flags: LAB_FLAGS.filter((flag) =>
      ['host', 'proxy-port', 'ui-port', 'devices', 'retention-days'].includes(flag.name),
    ),
    examples: ['doctor', 'doctor --json'],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
];

/** Of all commands: what a configuration file may name. */
export function everyFlag(): Flag[] {
  const byName = new Map<string, Flag>();
  for (const flag of [...COMMON_FLAGS, ...COMMANDS.flatMap((command) => command.flags)]) byName.set(flag.name, flag);
  return [...byName.values()];
}
