/** What `start` tells a person: what to type into the phone, where the set-up page is, where the data lies. */
import type { networkInterfaces } from 'node:os';
import { urlHost } from '../formats/address.ts';
import { lanAddresses, phoneAddress } from '../formats/lan-address.ts';
import { type Lab, type LabOptions, RETENTION_DAYS } from '../model/lab.ts';
import { OWN_NAME } from './own-name.ts';
import { qrCode } from './qr-code.ts';
import { words } from './words.ts';

/** For reading what else the screen says. */
export const SIGN_IN_MINUTES = 15;

export interface Terminal {
  interfaces: ReturnType<typeof networkInterfaces>;
  columns: number;
  colour: boolean;
  /** An address that signs a browser in, once; null: nobody sees this who may be shown it. */
  signIn: string | null;
}

export function banner(lab: Lab, options: LabOptions, terminal: Terminal): string {
  const bold = (text: string) => (terminal.colour ? `\u001b[1m${text}\u001b[0m` : text);
  /** Of a sentence these parts, each of which stands in it once. */
  const strong = (said: string, ...parts: string[]) =>
    parts.reduce((all, part) => all.replace(part, () => bold(part)), said);
  const address = phoneAddress(options.host, terminal.interfaces);
  const uiPort = new URL(lab.ui.url).port || '80';
  const lines = [bold(words('start.runs')), ''];
  const draw = (page: string): string[] => {
    const code = qrCode(page, terminal.columns, terminal.colour);
    return code ? ['', code, ''] : [];
  };
  if (lab.gateway) {
    const { network, page, addresses } = lab.gateway;
    lines.push(
      words('start.gateway', { network }),
      strong(
        words('start.then-open', { page: 'http://phonehome.lab/', other: `${page}/setup` }),
        'http://phonehome.lab/',
        `${page}/setup`,
      ),
      ...draw(`${page}/setup`),
    );
    const others = lanAddresses(terminal.interfaces).filter((one) => !addresses.includes(one.address));
    if (others.length > 0)
      lines.push(
        words('start.other-network', {
          port: lab.proxy.port,
          addresses: others.map(({ name, address: at }) => `${at} (${name})`).join(', '),
        }),
        '',
      );
  } else if (address) {
    const setup = `http://${urlHost(address)}:${uiPort}/setup`;
    lines.push(
      words('start.on-phone'),
      strong(words('start.host', { value: address }), address),
      strong(words('start.port', { value: lab.proxy.port }), String(lab.proxy.port)),
      strong(words('start.install', { page: setup }), setup),
    );
    lines.push(...draw(setup), ...otherAddresses(address, options.host, terminal));
  } else {
    lines.push(words('start.no-network'), words('start.local', { port: lab.proxy.port }));
  }
  lines.push(
    terminal.signIn === null
      ? words('start.dashboard', { command: `${OWN_NAME} ui` })
      : strong(
          words('start.dashboard-at', {
            address: terminal.signIn,
            minutes: SIGN_IN_MINUTES,
            command: `${OWN_NAME} ui`,
          }),
          terminal.signIn,
        ),
    '',
    words('start.data', { place: options.data, kept: keptFor(options.retentionDays) }),
    words('start.certificate', { file: lab.ca.pem }),
    words('start.api', { address: `${lab.ui.url}/api/alerts`, file: lab.token }),
    words('start.also', { command: `${OWN_NAME} watch` }),
    '',
    ...lab.warnings.map((warning) => `! ${warning}`),
    words('start.waiting'),
    '',
  );
  return lines.join('\n');
}

/** e.g. `kept for 90 days; --retention-days`. */
function keptFor(days = RETENTION_DAYS): string {
  return days === 0 ? words('start.kept-ever') : words('start.kept', { days });
}

function otherAddresses(chosen: string, host: string, terminal: Terminal): string[] {
  if (chosen === host) return [];
  const others = lanAddresses(terminal.interfaces).filter(({ address }) => address !== chosen);
  return others.length
    ? [
        words('start.or-other', {
          addresses: others.map(({ name, address }) => words('doctor.address', { address, name })).join(', '),
        }),
      ]
    : [];
}
