/**
 * A line of iOS's App Privacy Report
 * (https://developer.apple.com/documentation/network/inspecting-app-activity-data): which app called which host how often
 * in the last seven days (`networkActivity`), and which data and sensors it used (`access`).
 */
import { isIP } from 'node:net';
import { type Text, text } from '../model/text.ts';
import { type Contact, wordOf } from './contact.ts';
import { NO_TIME, timeOf } from './time.ts';

export type PrivacyLine = { ok: true; contact: Contact } | { ok: false; why: Text };

/** Null: it is no line of such a report. */
export function privacyLine(line: object): PrivacyLine | null {
  const { type, domain, bundleID, accessor, hits, timeStamp, firstTimeStamp } = line as Record<string, unknown>;
  const app = wordOf(bundleID) ?? wordOf((accessor as { identifier?: unknown } | null | undefined)?.identifier);
  if (type === 'access' && (accessor !== undefined || app !== null)) return { ok: false, why: text('unread.sensor') };
  if (type !== 'networkActivity') return null;
  const host = wordOf(domain)?.toLowerCase().replace(/\.$/, '');
  if (!host) return { ok: false, why: text('unread.no-host') };
  return {
    ok: true,
    contact: {
      host,
      ip: isIP(host) ? host : null,
      app,
      count: Number.isInteger(hits) && Number(hits) > 0 ? Number(hits) : 1,
      port: 443,
      time: timeOf(timeStamp) ?? timeOf(firstTimeStamp) ?? NO_TIME,
      encrypted: true,
      bytesUp: 0,
      bytesDown: 0,
    },
  };
}
