/** Which alerts a person wants to see: every given part must match. */
import { type Alert, SEVERITIES, type Severity } from '../../model/alert.ts';

export interface Filter {
  /** Device id. */
  device: string | null;
  /** This severe or more. */
  severity: Severity | null;
  /** Identifier kind, or alert type for alerts without an identifier. */
  kind: string | null;
  /** Only replays and tests, or only the world. */
  simulated: boolean | null;
  /** Found anywhere in what the row or its detail shows; case does not matter. */
  text: string;
}

export const NO_FILTER: Filter = { device: null, severity: null, kind: null, simulated: null, text: '' };

/** What an alert is about, as it stands in the `what` column. */
export function kindOf(alert: Alert): string {
  return alert.identifier?.kind ?? alert.type;
}

export function matches(alert: Alert, filter: Filter): boolean {
  if (filter.device && alert.device.id !== filter.device) return false;
  if (filter.severity && SEVERITIES.indexOf(alert.severity) < SEVERITIES.indexOf(filter.severity)) return false;
  if (filter.kind && kindOf(alert) !== filter.kind) return false;
  if (filter.simulated !== null && alert.simulated !== filter.simulated) return false;
  return filter.text === '' || searchable(alert).includes(filter.text.toLowerCase());
}

function searchable(alert: Alert): string {
  const { destination: to, evidence } = alert;
  return [
    alert.message,
    alert.type,
    alert.severity,
    alert.device.id,
    alert.device.model,
    alert.identifier?.kind,
    alert.identifier?.masked,
    evidence?.where,
    evidence?.path,
    evidence?.decoding.join(' '),
    evidence?.hash,
    alert.flow?.url,
    to?.host,
    to?.ip,
    to?.location.country,
    to?.network.org,
    to?.owner.name,
    to?.owner.country,
    alert.case?.phase,
    alert.label,
    ...(alert.receivers ?? []).map(({ host }) => host),
  ]
    .filter((part) => part)
    .join('\n')
    .toLowerCase();
}
