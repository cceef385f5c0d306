/**
 * The commands in the pages' blocks, and what runs each: `page-commands.test.ts` itself, beside a lab of its own; another test or a
 * script, in which its words stand; or nobody, for a reason. A command on no list fails the test, and so does one that no page shows.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..');
export const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('{docs,geoip,certs}/**/*.md', { cwd: ROOT })];

const BLOCK = /^ *```(\w*)\n([\s\S]*?)^ *```/gm;
const SHELL = new Set(['sh', 'text', '']);
/** What begins a command in a block of which nobody says that it is the shell's. */
const BEGINS = /^(?:sudo |npm |npx |\.\/|phonehome |node |docker |apt-get |openssl )/;
/** Its own pages are made by running what they show. */
const MADE = new Set(['docs/what-the-screens-say.md', 'CHANGELOG.md']);

/** Every command of a page: continued lines joined, comments and what it does to no purpose (two spaces and words) left out. */
export function commandsIn(page: string): string[] {
  const blocks = [...page.matchAll(BLOCK)].filter(([, language = '']) => SHELL.has(language));
  return blocks.flatMap(([, language, block = '']) =>
    block
      .replace(/\s*\\\n\s*/g, ' ')
      .split('\n')
      .map((line) =>
        line
          .trim()
          .replace(/\s{2,}\S.*$/, '')
          .replace(/\s+# .*$/, ''),
      )
      .filter((line) => (language === 'sh' ? line !== '' && !line.startsWith('#') : BEGINS.test(line))),
  );
}

export const shownCommands = (): string[] => [
  ...new Set(
    PAGES.filter((page) => !MADE.has(page)).flatMap((page) => commandsIn(readFileSync(path.join(ROOT, page), 'utf8'))),
  ),
];

/** Run in this order, in a directory with a lab on `data`, and what they end with. */
export const RUN_HERE: readonly (readonly [command: string, code: number])[] = [
  ['./phonehome device add nokia-7-plus --model "Nokia 7 Plus" --imei 490154203237518 --ip 10.77.0.2', 0],
  ['./phonehome plan list', 0],
  ['./phonehome notify example > data/notify.yaml', 0],
  ['./phonehome notify show', 0],
  [
    'phonehome replay nokia-7-plus nokia-7-plus-fixed && phonehome compare replay.nokia-7-plus replay.nokia-7-plus-fixed',
    0,
  ],
  ['./phonehome report --out nokia.pdf --lang vi', 0],
  ['phonehome scan session.har --decoder vendor.pem', 0],
  ['phonehome geo show', 0],
  ['phonehome geo rollback', 0],
];

/** Another test or script, and words of it. */
export const RUN_BY: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'npm ci': ['.ci/bare', 'npm ci'],
  'npm run demo': ['test/e2e/demo.test.ts', 'npm run demo'],
  'npm start': ['test/e2e/lab-process.ts', "'start'"],
  'npm test': ['.ci/run', 'npm test'],
  'npx tsc --noEmit && npx biome check .': ['.ci/run', 'npm test'],
  'npx vitest run test/kinds': ['.ci/run', 'npm test'],
  'npm pack': ['.ci/install', 'npm pack'],
  'npm install --global ./phonehome-lab-0.1.0.tgz': ['.ci/install', 'npm i -g'],
  'phonehome start': ['.ci/installed.mjs', "'start'"],
  'deploy/debian/build amd64': ['.ci/install-deb', '.ci/install-deb DEB'],
  'sudo apt install ./dist/phonehome-lab_0.1.0_amd64.deb': ['.ci/install-deb', 'dpkg -i first.deb'],
  './phonehome plan run first-boot --device nokia-01 --tester "N. Lan" --place Hanoi --lang vi': [
    'test/e2e/guided-case.test.ts',
    "'plan', 'run'",
  ],
  'phonehome compare nokia-01 nokia-02': ['test/cli/compare.test.ts', "'compare'"],
  'phonehome compare CASE-BEFORE-RESET CASE-AFTER-RESET': ['test/cli/compare.test.ts', "'compare'"],
  'phonehome compare CASE:before-consent CASE:after-consent': ['test/cli/compare.test.ts', "'compare'"],
  'phonehome case import 01JABC App_Privacy_Report_v4_2026-11-30.ndjson': [
    'test/lab/phone-records.test.ts',
    "'case', 'import'",
  ],
  'phonehome case show 01JABC': ['test/lab/phone-records.test.ts', "'case', 'show'"],
  'phonehome geo update dbip-country-lite-2026-11.mmdb.gz': ['test/cli/geo.test.ts', "'update'"],
  'phonehome gateway print': ['test/gateway/printout.test.ts', 'print'],
  'sudo phonehome gateway up': ['test/lab/gateway-up-down.test.ts', "'up'"],
  'sudo phonehome gateway status': ['test/lab/gateway-up-down.test.ts', "'status'"],
  'sudo phonehome gateway down': ['test/lab/gateway-up-down.test.ts', "'down'"],
  'sudo phonehome gateway wireguard add nokia-01': ['test/lab/gateway-tunnel.test.ts', "'wireguard', 'add'"],
  'phonehome gateway wireguard list': ['test/lab/gateway-tunnel.test.ts', "'list'"],
  'phonehome demo --case wiko-sts': ['test/e2e/operator-decoders.test.ts', 'wiko-sts'],
  'phonehome demo --case wiko-sts --decoder data/demo/replay/wiko-sts.key.pem': [
    'test/e2e/operator-decoders.test.ts',
    'wiko-sts.key.pem',
  ],
  'phonehome start --decoder vendor.pem --decoder acme.yaml --decoder odd-alphabet.ts': [
    'test/e2e/operator-decoders.test.ts',
    '--decoder',
  ],
  'phonehome hub serve --hub-config hub.yaml': ['test/hub/hub-process.ts', "'hub', 'serve'"],
  'phonehome trust-test start api.example.com --device nokia-01 --test self-signed --wait': [
    'test/e2e/pins-and-trust.test.ts',
    "'trust-test'",
  ],
  'openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig': [
    'test/lab/export.test.ts',
    'pkeyutl',
  ],
};

const SYSTEM = 'changes the machine: its users, units or packages';
const SYSTEMD = 'needs systemd as the first process; the units went through systemd-analyze verify';
const ENGINE = 'needs a container engine; test/compose.test.ts reads the files';
const RADIO = 'needs a radio, and programs of a Raspberry Pi';
const FEED_KEY = 'openssl alone; a key of this form is read by test/hub/feed.test.ts';
const HUB = 'needs a broker and a database; what it does is run by test/hub, the command itself by hand';

/** Run by nobody, and why. */
export const RUN_BY_NOBODY: Readonly<Record<string, string>> = {
  '.ci/run': 'it is what runs all tests',
  '(umask 077; mkdir -p data/secrets; cat > data/secrets/telegram.token)': 'waits for somebody who types a secret',
  './phonehome notify test telegram': 'asks Telegram; what is sent is held by test/notify',
  'sudo useradd --system --home-dir /var/lib/phonehome phonehome': SYSTEM,
  'sudo git clone REPOSITORY /opt/phonehome && cd /opt/phonehome && sudo npm ci': SYSTEM,
  'sudo node bin/phonehome.mjs doctor --data /tmp/none': SYSTEM,
  'sudo npm run prepare:geo': SYSTEM,
  'sudo install -d -o phonehome -g phonehome -m 700 /var/lib/phonehome': SYSTEM,
  "printf 'lan: wlan0\\nuplink: eth0\\n' | sudo -u phonehome tee /var/lib/phonehome/gateway.yaml": SYSTEM,
  'sudo cp -r deploy/systemd/* /etc/systemd/system/ && sudo systemctl daemon-reload': SYSTEM,
  'sudo systemctl enable --now phonehome-gateway phonehome': SYSTEMD,
  'sudo systemctl enable --now phonehome': SYSTEMD,
  'docker compose --profile lab up': ENGINE,
  'docker compose --profile hub up -d': ENGINE,
  'docker compose --profile hub run --rm hub hub organisation cellphones --hub-config /etc/phonehome/hub.yaml': ENGINE,
  'docker compose exec postgres psql -U postgres phonehome -c "GRANT phonehome_org_cellphones TO grafana" -c "ALTER ROLE grafana SET role = \'phonehome_org_cellphones\'"':
    'needs a container engine; its SQL is run by test/hub/grafana.test.ts',
  'apt-get install nats-server postgresql': SYSTEM,
  'sudo -u postgres psql -c "CREATE ROLE phonehome LOGIN CREATEROLE PASSWORD \'…\'" -c "CREATE DATABASE phonehome OWNER phonehome"':
    HUB,
  'openssl genpkey -algorithm ed25519 -out feed.key': FEED_KEY,
  'openssl pkey -in feed.key -pubout -out feed.pub': FEED_KEY,
  'phonehome hub feed tables --feed-key feed.key --hub-config hub.yaml': HUB,
  'phonehome hub migrate --hub-config hub.yaml': HUB,
  'phonehome hub organisation cellphones --hub-config hub.yaml': HUB,
  'phonehome hub accept-key cellphones hanoi-1 3f9a1c07be52d648 --reason "installed anew, told by Linh" --hub-config hub.yaml':
    HUB,
  'phonehome hub prove cellphones hanoi-1 --hub-config hub.yaml': HUB,
  'phonehome hub prove cellphones hanoi-1 case-17.zip --hub-config hub.yaml': HUB,
  'phonehome hub status --hub-config hub.yaml': HUB,
  'phonehome start --hub hub.yaml': HUB,
  'sudo apt install ./phonehome-lab_0.1.0_arm64.deb hostapd conntrack': RADIO,
  'sudo systemctl disable --now hostapd': RADIO,
  'sudo nmcli device set wlan0 managed no': RADIO,
  "printf '[keyfile]\\nunmanaged-devices=interface-name:wlan0\\n' | sudo tee /etc/NetworkManager/conf.d/phonehome.conf":
    RADIO,
  'sudo rfkill unblock wlan': RADIO,
  'sudo raspi-config nonint do_wifi_country VN': RADIO,
  'sudo -u phonehome phonehome gateway print --data /var/lib/phonehome': RADIO,
  'sudo -u phonehome phonehome ui --data /var/lib/phonehome': RADIO,
};
