/** What `start` tells a person: what to type into the phone, where the set-up page is, where the data lies. */
import type { networkInterfaces } from 'node:os';
import { urlHost } from '../formats/address.ts';
import { lanAddresses, phoneAddress } from '../formats/lan-address.ts';
import type { Lab, LabOptions } from '../model/lab.ts';
import { OWN_NAME } from './own-name.ts';
import { qrCode } from './qr-code.ts';

export interface Terminal {
  interfaces: ReturnType<typeof networkInterfaces>;
  columns: number;
  colour: boolean;
}

export function banner(lab: Lab, options: LabOptions, terminal: Terminal): string {
  const bold = (text: string) => (terminal.colour ? `\u001b[1m${text}\u001b[0m` : text);
  const address = phoneAddress(options.host, terminal.interfaces);
  const uiPort = new URL(lab.ui.url).port || '80';
  const lines = [bold('Phonehome is running.'), ''];
  if (address) {
    const setup = `http://${urlHost(address)}:${uiPort}/setup`;
    lines.push(
      `On the phone (same Wi-Fi as this machine): Wi-Fi settings → this network → Proxy → Manual`,
      `    Host   ${bold(address)}`,
      `    Port   ${bold(String(lab.proxy.port))}`,
      `Then install the certificate from ${bold(setup)}`,
    );
    const code = qrCode(setup, terminal.columns, terminal.colour);
    if (code) lines.push('', code, '');
    lines.push(...otherAddresses(address, options.host, terminal));
  } else {
    lines.push(
      'This machine is on no network a phone could join: connect it, then run "phonehome doctor".',
      `Programs on this machine can use the proxy at 127.0.0.1:${lab.proxy.port}.`,
    );
  }
  if (lab.transparent)
    lines.push(
      `A gateway is up: a phone that joins its network needs no proxy setting (port ${lab.transparent.port}).`,
      '',
    );
  lines.push(
    `Data        ${options.data}`,
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

function otherAddresses(chosen: string, host: string, terminal: Terminal): string[] {
  if (chosen === host) return [];
  const others = lanAddresses(terminal.interfaces).filter(({ address }) => address !== chosen);
  return others.length
    ? [`(or, on another network: ${others.map(({ name, address }) => `${address} on ${name}`).join(', ')})`]
    : [];
}
