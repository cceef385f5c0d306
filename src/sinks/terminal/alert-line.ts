/**
 * One alert as one line: when, which phone (its id: two may be of one model), how bad, what, how encoded, where to, encrypted or not, phase, count.
 * With colour for a person (time only), without for a pipe (date too, so that a day-long log stays readable).
 * Control characters never reach the terminal: host names and paths come from the phone and could move the cursor.
 */
import { digestIn } from '../../formats/digest-name.ts';
import { say } from '../../formats/say.ts';
import { clean, paint as painted, SEVERITY_SGR } from '../../formats/terminal.ts';
import type { Alert } from '../../model/alert.ts';
import { type Text, text } from '../../model/text.ts';

export interface AlertLineOptions {
  colour: boolean;
  /** Times in UTC in place of local time. */
  utc?: boolean;
  /** Of the words beside the sentences, which come as they are. Default English. */
  language?: string;
}

const DEVICE_WIDTH = 15;
const SEVERITY_WIDTH = 8;

export function formatAlertLine(alert: Alert, { colour, utc = false, language = 'en' }: AlertLineOptions): string {
  const said = (why: Text): string => say(why, language);
  const paint: Paint = (code, shown) => painted(clean(shown), code, colour);
  const parts = [
    paint('2', formatTime(alert.time, !colour, utc)),
    clean(pad(alert.device.id, DEVICE_WIDTH)),
    paint(SEVERITY_SGR[alert.severity], pad(said(text(`line.${alert.severity}`)), SEVERITY_WIDTH)),
  ];
  if (alert.identifier === null) parts.push(paint('1', alert.type), clean(alert.message));
  else
    parts.push(
      whatOf(alert, paint, said, language),
      clean(`→ ${receiverOf(alert, said)}`),
      protectionOf(alert, paint, said),
    );
  const phases = Object.keys(alert.case?.phases ?? {});
  if (phases.length > 1) parts.push(paint('35', phases.join(', ')));
  else if (alert.case?.phase) parts.push(paint('35', alert.case.phase));
  if (alert.identifier !== null && alert.receivers)
    parts.push(paint('1', said(text('line.more-receivers', { count: alert.receivers.length - 1 }))));
  if (alert.count > 1) parts.push(paint('1', `×${alert.count}`));
  if (alert.label !== null) parts.push(clean(`[${alert.label}]`));
  if (alert.simulated) parts.push(paint('2', said(text('line.simulated'))));
  return parts.filter((part) => part !== '').join('  ');
}

type Paint = (code: string, text: string) => string;
type Said = (why: Text) => string;

function whatOf({ identifier, evidence }: Alert, paint: Paint, said: Said, language: string): string {
  if (identifier === null) return '';
  const sure = identifier.confidence === 'certain' ? '' : ` ${said(text(`line.${identifier.confidence}`))}`;
  const value = identifier.masked === '' ? '' : ` ${identifier.masked}`;
  const layers = [...(evidence?.decoding ?? []), ...(evidence?.hash ? [digestIn(evidence.hash, language)] : [])];
  const how = layers.length === 0 ? '' : ` (${layers.join(' › ')})`;
  const where =
    evidence === null
      ? ''
      : ` ${said(text('line.in', { where: evidence.where }))}${evidence.path === null ? '' : ` ${evidence.path}`}`;
  return `${paint('1', identifier.kind)}${clean(`${value}${sure}${how}${where}`)}`;
}

function receiverOf({ destination }: Alert, said: Said): string {
  if (destination === null) return said(text('line.unknown'));
  const { owner, location, host } = destination;
  const country = owner.country ?? location.country;
  const flag = country === null ? '' : `${flagOf(country)} ${country} `;
  const server =
    location.country === null || location.country === country
      ? ''
      : `, ${said(text('line.server-in', { country: location.country }))}`;
  return owner.name === null ? `${flag}${host}${server}` : `${flag}${owner.name} (${host}${server})`;
}

function protectionOf({ flow, evidence }: Alert, paint: Paint, said: Said): string {
  if (evidence?.where === 'dns' || evidence?.where === 'sni') return paint('1;31', said(text('line.clear-name')));
  if (flow === null) return '';
  if (!flow.encrypted) return paint('1;31', said(text('line.clear')));
  return paint('32', flow.intercepted ? 'TLS' : said(text('line.not-read')));
}

/** Regional indicators of an ISO 3166-1 code: a flag on terminals that know flags, the letters elsewhere. */
function flagOf(country: string): string {
  if (!/^[A-Z]{2}$/.test(country)) return '';
  return String.fromCodePoint(...[...country].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
}

function formatTime(iso: string, withDate: boolean, utc: boolean): string {
  const at = new Date(iso);
  const local = utc ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  const shown = local.toISOString();
  return withDate ? `${shown.slice(0, 10)} ${shown.slice(11, 19)}` : shown.slice(11, 19);
}

function pad(shown: string, width: number): string {
  return shown.length > width ? `${shown.slice(0, width - 1)}…` : shown.padEnd(width);
}
