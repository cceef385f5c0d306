/** How this lab is set up, and how a phone comes in, for those who look at it. */
import type { GatewayState } from '../gateway/state.ts';
import { RETENTION_DAYS } from '../model/lab.ts';
import type { LiveDependencies, Settings, WaysIn } from '../sinks/live/dependencies.ts';
import type { Knowledge } from './knowledge.ts';
import type { PhonePortal } from './portal.ts';
import { createUploads, devicesFileIn } from './uploads.ts';

export type SetUpServices = Pick<LiveDependencies, 'settings' | 'audits' | 'waysIn' | 'scanUpload'>;

export function setUpServices(
  knowledge: Knowledge,
  gateway: () => GatewayState | null,
  { addresses }: Pick<PhonePortal, 'addresses'>,
): SetUpServices {
  const { data, devicesFile, decoders, homeCountry } = knowledge.options;
  return {
    settings: () => settingsOf(knowledge),
    audits: knowledge.evidence.audits,
    waysIn: () => waysIn({ ...addresses(), gateway: gateway() }),
    scanUpload: createUploads({
      directory: data,
      scanOptions: () => ({ devicesFile: devicesFileIn(data, devicesFile), decoders, homeCountry }),
    }),
  };
}

export function settingsOf({ geo, authority, options }: Pick<Knowledge, 'geo' | 'authority' | 'options'>): Settings {
  const { commonName, fingerprint256, validFrom, validTo } = authority.root;
  return {
    databases: geo.sources.map((source) => ({ ...source })),
    certificate: { name: commonName, fingerprint: fingerprint256, validFrom, validTo },
    retentionDays: options.retentionDays ?? RETENTION_DAYS,
    keep: options.keep ?? 'findings',
    homeCountry: options.homeCountry,
    hasTls: options.uiTls ?? false,
    devicesFile: options.devicesFile,
  };
}

export function waysIn(given: {
  proxy: { host: string; port: number };
  /** Base address of the set-up page. */
  page: string;
  gateway: GatewayState | null;
}): WaysIn {
  const { proxy, page, gateway } = given;
  const accessPoint = gateway?.config.accessPoint ?? null;
  return {
    proxy,
    page: `${page}/setup`,
    wifi: accessPoint && { ssid: accessPoint.ssid, code: wifiCode(accessPoint) },
    hasTunnel: Boolean(gateway?.config.wireguard),
  };
}

/** As phones read it (ZXing's `WIFI:`): what parts the fields is escaped. */
export function wifiCode({ ssid, passphrase }: { ssid: string; passphrase: string }): string {
  const escaped = (text: string): string => text.replace(/[\\;,:"]/g, '\\$&');
  return `WIFI:T:WPA;S:${escaped(ssid)};P:${escaped(passphrase)};;`;
}
