/** What `start` tells a person: what to type into the phone, where the set-up page is, where the data lies. */
import type { networkInterfaces } from 'node:os';
import { urlHost } from '../formats/address.ts';
import { lanAddresses, phoneAddress } from '../formats/lan-address.ts';
import { type Lab, type LabOptions, RETENTION_DAYS } from '../model/lab.ts';
import { OWN_NAME } from './own-name.ts';
import { qrCode } from './qr-code.ts';

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
  const address = phoneAddress(options.host, terminal.interfaces);
  const uiPort = new URL(lab.ui.url).port || '80';
  const lines = [bold('Phonehome is running.'), ''];
  const draw = (page: string): string[] => {
    const code = qrCode(page, terminal.columns, terminal.colour);
    return code ? ['', code, ''] : [];
  };
  if (lab.gateway) {
    const { network, page, addresses } = lab.gateway;
    lines.push(
      `A gateway is up. On the phone: join ${network}. No proxy is to be set.`,
      `Then open ${bold('http://phonehome.lab/')} (or ${bold(`${page}/setup`)}) on it and install the certificate.`,
      ...draw(`${page}/setup`),
    );
    const others = lanAddresses(terminal.interfaces).filter((one) => !addresses.includes(one.address));
    if (others.length > 0)
      lines.push(
        `A phone on another network needs a proxy: port ${lab.proxy.port} of ${others.map(({ name, address: at }) => `${at} (${name})`).join(', ')}`,
        '',
      );
  } else if (address) {
    const setup = `http://${urlHost(address)}:${uiPort}/setup`;
    lines.push(
      `On the phone (same Wi-Fi as this machine): Wi-Fi settings → this network → Proxy → Manual`,
      `    Host   ${bold(address)}`,
      `    Port   ${bold(String(lab.proxy.port))}`,
      `Then install the certificate from ${bold(setup)}`,
    );
    lines.push(...draw(setup), ...otherAddresses(address, options.host, terminal));
  } else {
    lines.push(
      'This machine is on no network a phone could join: connect it, then run "phonehome doctor".',
      `Programs on this machine can use the proxy at 127.0.0.1:${lab.proxy.port}.`,
    );
  }
  lines.push(
    terminal.signIn === null
      ? `Dashboard   ${OWN_NAME} ui   (prints an address that signs a browser in)`
      : `Dashboard   ${bold(terminal.signIn)}   (signs one browser in, within ${SIGN_IN_MINUTES} minutes; later: ${OWN_NAME} ui)`,
    '',
    `Data        ${options.data}   (${keptFor(options.retentionDays)})`,
    `Certificate ${lab.ca.pem}`,
    `API         ${lab.ui.url}/api/alerts   (token in ${lab.token})`,
    `Also try    ${OWN_NAME} watch`,
    '',
    ...lab.warnings.map((warning) => `! ${warning}`),
    'Waiting for the first connection; alerts appear below. Ctrl-C stops the lab.',
    '',
  );
  return lines.join('\n');
}

/** e.g. `kept for 90 days; --retention-days`. */
function keptFor(days = RETENTION_DAYS): string {
  return `${days === 0 ? 'kept for ever' : `kept for ${days} days`}; --retention-days`;
}

function otherAddresses(chosen: string, host: string, terminal: Terminal): string[] {
  if (chosen === host) return [];
  const others = lanAddresses(terminal.interfaces).filter(({ address }) => address !== chosen);
  return others.length
    ? [`(or, on another network: ${others.map(({ name, address }) => `${address} on ${name}`).join(', ')})`]
    : [];
}
