/**
 * One alert as one line: when, which phone (its id: two may be of one model), how bad, what, how encoded, where to, encrypted or not, phase, count.
 * With colour for a person (time only), without for a pipe (date too, so that a day-long log stays readable).
 * Control characters never reach the terminal: host names and paths come from the phone and could move the cursor.
 */
import { clean, paint as painted, SEVERITY_SGR } from '../../formats/terminal.ts';
import type { Alert } from '../../model/alert.ts';

export interface AlertLineOptions {
  colour: boolean;
  /** Times in UTC in place of local time. */
  utc?: boolean;
}

const DEVICE_WIDTH = 15;
const SEVERITY_WIDTH = 8;

export function formatAlertLine(alert: Alert, { colour, utc = false }: AlertLineOptions): string {
  const paint: Paint = (code, text) => painted(clean(text), code, colour);
  const parts = [
    paint('2', formatTime(alert.time, !colour, utc)),
    clean(pad(alert.device.id, DEVICE_WIDTH)),
    paint(SEVERITY_SGR[alert.severity], pad(alert.severity.toUpperCase(), SEVERITY_WIDTH)),
  ];
  if (alert.identifier === null) parts.push(paint('1', alert.type), clean(alert.message));
  else parts.push(whatOf(alert, paint), clean(`→ ${receiverOf(alert)}`), protectionOf(alert, paint));
  const phases = Object.keys(alert.case?.phases ?? {});
  if (phases.length > 1) parts.push(paint('35', phases.join(', ')));
  else if (alert.case?.phase) parts.push(paint('35', alert.case.phase));
  if (alert.identifier !== null && alert.receivers)
    parts.push(paint('1', `and ${alert.receivers.length - 1} more receivers`));
  if (alert.count > 1) parts.push(paint('1', `×${alert.count}`));
  if (alert.label !== null) parts.push(clean(`[${alert.label}]`));
  if (alert.simulated) parts.push(paint('2', '[simulated]'));
  return parts.filter((part) => part !== '').join('  ');
}

type Paint = (code: string, text: string) => string;

function whatOf({ identifier, evidence }: Alert, paint: Paint): string {
  if (identifier === null) return '';
  const sure = { certain: '', likely: ' likely', possible: ' possible' }[identifier.confidence];
  const value = identifier.masked === '' ? '' : ` ${identifier.masked}`;
  const layers = [...(evidence?.decoding ?? []), ...(evidence?.hash ? [evidence.hash] : [])];
  const how = layers.length === 0 ? '' : ` (${layers.join(' › ')})`;
  const where = evidence === null ? '' : ` in ${evidence.where}${evidence.path === null ? '' : ` ${evidence.path}`}`;
  return `${paint('1', identifier.kind)}${clean(`${value}${sure}${how}${where}`)}`;
}

function receiverOf({ destination }: Alert): string {
  if (destination === null) return 'unknown';
  const { owner, location, host } = destination;
  const country = owner.country ?? location.country;
  const flag = country === null ? '' : `${flagOf(country)} ${country} `;
  const server = location.country === null || location.country === country ? '' : `, server in ${location.country}`;
  return owner.name === null ? `${flag}${host}${server}` : `${flag}${owner.name} (${host}${server})`;
}

function protectionOf({ flow, evidence }: Alert, paint: Paint): string {
  if (evidence?.where === 'dns' || evidence?.where === 'sni') return paint('1;31', 'UNENCRYPTED name');
  if (flow === null) return '';
  if (!flow.encrypted) return paint('1;31', 'UNENCRYPTED');
  return paint('32', flow.intercepted ? 'TLS' : 'TLS, not read');
}

/** Regional indicators of an ISO 3166-1 code: a flag on terminals that know flags, the letters elsewhere. */
function flagOf(country: string): string {
  if (!/^[A-Z]{2}$/.test(country)) return '';
  return String.fromCodePoint(...[...country].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
}

function formatTime(iso: string, withDate: boolean, utc: boolean): string {
  const at = new Date(iso);
  const local = utc ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  const text = local.toISOString();
  return withDate ? `${text.slice(0, 10)} ${text.slice(11, 19)}` : text.slice(11, 19);
}

function pad(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
