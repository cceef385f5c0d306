/** Which receivers hear of an alert, and whether somebody asked not to. Pure. */
import type { Alert } from '../model/alert.ts';
import type { Condition, Mute, NotifyConfig } from '../model/notify.ts';
import { SEVERITIES } from '../model/words.ts';

/** Every condition that is given must hold; simulated alerts only where they are asked for. */
export function matches(alert: Alert, when: Condition): boolean {
  const { identifier, destination, device, severity } = alert;
  const owner = [destination?.owner.name, destination?.owner.parent].filter((one) => typeof one === 'string');
  const hosts = [destination?.host, ...(alert.receivers ?? []).map(({ host }) => host)];
  return (
    alert.simulated === (when.simulated ?? false) &&
    isOne(alert.type, when.type) &&
    isOne(identifier?.kind, when.kind) &&
    (when.severity === undefined || SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(when.severity)) &&
    isOne(destination?.location.country, when.country) &&
    isOne(destination?.owner.country, when.ownerCountry) &&
    (when.owner === undefined || when.owner.some((part) => owner.some((name) => holds(name, part)))) &&
    (when.host === undefined || when.host.some((above) => hosts.some((host) => isBelow(host, above)))) &&
    isOne(device.id, when.device) &&
    isOne(alert.case?.id, when.case) &&
    (when.phase === undefined || phasesOf(alert).some((phase) => when.phase?.includes(phase)))
  );
}

/** Names of receivers, each once. */
export function receiversFor(alert: Alert, { rules }: Pick<NotifyConfig, 'rules'>): string[] {
  return [...new Set(rules.flatMap(({ when, send }) => (matches(alert, when) ? send : [])))];
}

/** The first mute that holds, on this day. @param now milliseconds since the epoch */
export function muteOf(alert: Alert, { mutes }: Pick<NotifyConfig, 'mutes'>, now: number): Mute | null {
  return mutes.find((mute) => !isOver(mute, now) && matches(alert, mute.when)) ?? null;
}

/** The last day counts in full, in UTC. */
export const isOver = ({ until }: Pick<Mute, 'until'>, now: number): boolean =>
  new Date(now).toISOString().slice(0, 10) > until;

function isOne<T extends string>(value: T | null | undefined, allowed: readonly T[] | undefined): boolean {
  return allowed === undefined || (value !== null && value !== undefined && allowed.includes(value));
}

const holds = (name: string, part: string): boolean => name.toLowerCase().includes(part.toLowerCase());

function isBelow(host: string | undefined, domain: string): boolean {
  const [name = '', above] = [host?.toLowerCase(), domain.toLowerCase()];
  return name === above || name.endsWith(`.${above}`);
}

function phasesOf(alert: Alert): string[] {
  return [...new Set([alert.case?.phase ?? '', ...Object.keys(alert.case?.phases ?? {})])].filter(Boolean);
}
