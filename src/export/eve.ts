/**
 * Alerts and connections as lines of Suricata's EVE (docs.suricata.io, "EVE JSON Format"): what other programs read from an intrusion
 * detection system, they read here. Nothing but masked values is in them.
 */
import { hash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import type { FlowRecord } from '../model/flow.ts';
import { ALERT_TYPES, KINDS } from '../model/words.ts';

/** Of Suricata's 1 (high) to 3 (low), with 4 for what is only told. */
const SEVERITY = { critical: 1, high: 1, medium: 2, low: 3, info: 4 } as const;
/** Local rules begin here. */
const FIRST_RULE = 1_000_000;

export function eveOfAlert(alert: Alert, flow: FlowRecord | null): object {
  const { identifier, destination, evidence } = alert;
  const rule =
    FIRST_RULE + ALERT_TYPES.indexOf(alert.type) * 1000 + (identifier ? 1 + KINDS.indexOf(identifier.kind) : 0);
  return {
    timestamp: timestamp(Date.parse(alert.firstSeen)),
    ...(evidence ? { flow_id: flowNumber(evidence.flow) } : {}),
    event_type: 'alert',
    ...ends(alert.device.ip, flow, destination),
    alert: {
      action: alert.flow?.intercepted === false && alert.type === 'quic' ? 'blocked' : 'allowed',
      gid: 1,
      signature_id: rule,
      rev: 1,
      signature: `PHONEHOME ${alert.type}${identifier ? ` ${identifier.kind} ${identifier.confidence}` : ''}`,
      category: alert.message,
      severity: SEVERITY[alert.severity],
      metadata: {
        affected_product: [alert.device.model ?? alert.device.id],
        signature_severity: [alert.severity],
        tag: tagsOf(alert),
      },
    },
    ...(alert.flow?.url
      ? {
          http: {
            ...(destination ? { hostname: destination.host } : {}),
            url: alert.flow.url,
            ...(alert.flow.method ? { http_method: alert.flow.method } : {}),
            protocol: alert.flow.protocol.toUpperCase(),
          },
        }
      : {}),
    app_proto: protocolOf(alert.flow?.protocol ?? null, alert.flow?.encrypted ?? false),
  };
}

function tagsOf({ id, identifier, evidence, case: at, simulated, count, destination }: Alert): string[] {
  return [
    `id:${id}`,
    `count:${count}`,
    ...(identifier ? [`value:${identifier.masked}`] : []),
    ...(evidence ? [`where:${evidence.where}`, ...evidence.decoding.map((layer) => `layer:${layer}`)] : []),
    ...(at?.phase ? [`phase:${at.phase}`] : []),
    ...(destination?.owner.name ? [`owner:${destination.owner.name}`] : []),
    ...(destination?.location.country ? [`country:${destination.location.country}`] : []),
    ...(simulated ? ['simulated'] : []),
  ];
}

export function eveOfFlow(flow: FlowRecord): object {
  const { openedAt, closedAt, destination, hello } = flow;
  return {
    timestamp: timestamp(closedAt ?? openedAt),
    flow_id: flowNumber(flow.id),
    event_type: 'flow',
    ...ends(flow.client.ip, flow, destination),
    app_proto: protocolOf(flow.protocol, flow.encrypted),
    flow: {
      bytes_toserver: flow.bytesUp,
      bytes_toclient: flow.bytesDown,
      start: timestamp(openedAt),
      ...(closedAt === null
        ? {}
        : { end: timestamp(closedAt), age: Math.max(0, Math.round((closedAt - openedAt) / 1000)) }),
      state: closedAt === null ? 'established' : 'closed',
      reason: flow.reason ?? 'unknown',
      alerted: flow.findings > 0,
    },
    ...(flow.encrypted
      ? {
          tls: {
            ...(hello?.sni ? { sni: hello.sni } : {}),
            ...(flow.tls?.version ? { version: flow.tls.version.replace('TLSv', 'TLS ') } : {}),
          },
        }
      : {}),
  };
}

function ends(phone: string, flow: FlowRecord | null, destination: { ip: string | null; port: number } | null): object {
  return {
    src_ip: flow?.client.ip ?? phone,
    ...(flow ? { src_port: flow.client.port } : {}),
    ...(destination?.ip ? { dest_ip: destination.ip } : {}),
    ...(destination ? { dest_port: destination.port } : {}),
    proto: flow && ['udp', 'quic', 'dns', 'doq'].includes(flow.protocol ?? '') ? 'UDP' : 'TCP',
  };
}

const protocolOf = (protocol: string | null, encrypted: boolean): string =>
  protocol === null
    ? encrypted
      ? 'tls'
      : 'failed'
    : protocol.startsWith('http/1')
      ? 'http'
      : protocol === 'h2'
        ? 'http2'
        : protocol;

/** Ours are texts; theirs is a number that every program can hold. */
const flowNumber = (id: string): number => hash('sha256', id, 'buffer').readUIntBE(0, 6);

let minute = Number.NaN;
let minuteText = '';

/** e.g. `2026-11-22T10:00:00.000000+0000`. Of a connection three, of millions one after the other: only another minute asks the calendar. */
function timestamp(ms: number): string {
  const whole = Math.floor(ms / 60_000);
  if (whole !== minute) {
    minuteText = new Date(whole * 60_000).toISOString().slice(0, -7);
    minute = whole;
  }
  const seconds = String(Math.trunc(ms - whole * 60_000)).padStart(5, '0');
  return `${minuteText}${seconds.slice(0, 2)}.${seconds.slice(2)}000+0000`;
}
