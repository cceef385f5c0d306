/** What one alert says in each column of the table. Nothing here reveals more than the alert itself, which is masked. */
import { saidHost } from '../../formats/said-host.ts';
import type { Alert } from '../../model/alert.ts';
import { flag } from '../terminal-text.ts';
import { digestIn, words } from '../words.ts';
import { kindOf } from './filter.ts';

/** Local time of day, as the clock on the technician's wall. */
export function clock(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '--:--:--';
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Time of day if it was today, else the date first: `11-22 10:00`, or what of it fits. */
export function when(iso: string, now: number, width: number): string {
  const time = new Date(iso);
  const today = new Date(now);
  if (Number.isNaN(time.getTime()) || time.toDateString() === today.toDateString()) return clock(iso);
  const [year, month, day] = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  if (time.getFullYear() !== today.getFullYear()) return width < 10 ? `${year}-${month}` : `${year}-${month}-${day}`;
  return width < 11 ? `${month}-${day}` : `${month}-${day} ${clock(iso).slice(0, 5)}`;
}

export function phone(alert: Alert): string {
  return alert.device.id;
}

/** `imei 490154*******18`; a `?` behind what is only possible. Without an identifier the sentence says what it is. */
export function what(alert: Alert): string {
  const { identifier } = alert;
  if (!identifier) return `${kindOf(alert)}: ${alert.message}`;
  const doubt = identifier.confidence === 'possible' ? '?' : '';
  return identifier.masked ? `${identifier.kind}${doubt} ${identifier.masked}` : `${identifier.kind}${doubt}`;
}

/** `body gzip›json›base64`, `path sha1[:16 base64url]`; locators inside a layer are left to the detail. */
export function how(alert: Alert): string {
  const { evidence } = alert;
  if (!evidence) return '';
  const layers = evidence.decoding.map((layer) => layer.split(':')[0] ?? layer);
  if (evidence.hash) layers.push(digestIn(evidence.hash));
  return `${evidence.where} ${layers.length ? layers.join('›') : words('cell.plain')}`;
}

/** As a badge: short enough for its column. */
export const badge = ({ severity }: Alert): string => words(`severity.${severity}`).toUpperCase();

/** Could anyone on the path read it? */
export function secrecy({ flow }: Alert): string {
  if (!flow) return '';
  return flow.encrypted ? 'TLS' : words('cell.clear');
}

/** `🇨🇳 CN China Telecom · zzhc.vnet.cn`; the owner's country only where it differs from the server's. */
export function whereTo(alert: Alert): string {
  const to = alert.destination;
  if (!to) return '';
  const country = to.location.country;
  const owner = to.owner.name ?? to.network.org ?? '';
  const ownerCountry = to.owner.country && to.owner.country !== country ? ` (${to.owner.country})` : '';
  const company = owner ? `${owner}${ownerCountry} · ` : '';
  const more = alert.receivers ? words('cell.and-more', { more: alert.receivers.length - 1 }) : '';
  return `${flag(country)} ${country ?? '??'} ${saidHost(to, `${company}${to.host}`)}${more}`;
}

export function simulated(alert: Alert): string {
  return alert.simulated ? words('cell.sim') : '';
}

export function phase(alert: Alert): string {
  return alert.case?.phase ?? '';
}

export function times(alert: Alert): string {
  return alert.count > 1 ? `×${alert.count}` : '';
}
