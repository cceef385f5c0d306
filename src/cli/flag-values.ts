/**
 * What the words after a flag may be. Each parser returns the value or throws commander's InvalidArgumentError
 * with what would be right; the same parsers read the configuration file.
 */
import { InvalidArgumentError } from 'commander';
import ipaddr from 'ipaddr.js';
import { SEVERITIES, type Severity } from '../model/alert.ts';

export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535)
    throw new InvalidArgumentError('A port is a number from 0 (any free one) to 65535.');
  return value;
}

export function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number, 0 or more, is needed.');
  return Number(text);
}

/** `10.0.0.0/8`, or one address, which stands for itself alone. */
export function cidr(text: string): string {
  if (ipaddr.isValidCIDR(text)) return text;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return `${text}/32`;
  if (ipaddr.IPv6.isValid(text)) return `${text}/128`;
  throw new InvalidArgumentError('A range such as 192.168.0.0/16, or an address, is needed.');
}

export function country(text: string): string {
  if (!/^[a-z]{2}$/i.test(text)) throw new InvalidArgumentError('A country is two letters (ISO 3166-1), e.g. NO.');
  return text.toUpperCase();
}

export function severity(text: string): Severity {
  const found = SEVERITIES.find((each) => each === text.toLowerCase());
  if (!found) throw new InvalidArgumentError(`Choose one of ${SEVERITIES.join(', ')}.`);
  return found;
}

export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((each) => each === text);
    if (!found) throw new InvalidArgumentError(`Choose one of ${choices.join(', ')}.`);
    return found;
  };
}

export function url(text: string): string {
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('An address such as http://127.0.0.1:8081 is needed.');
  return text.replace(/\/+$/, '');
}
