/** How this lab is set up, and how a phone comes in, for those who look at it. */
import type { GatewayState } from '../gateway/state.ts';
import { LabError, RETENTION_DAYS } from '../model/lab.ts';
import type { LiveDependencies, Settings, WaysIn } from '../sinks/live/dependencies.ts';
import type { Knowledge } from './knowledge.ts';
import type { PhonePortal } from './portal.ts';
import { createUploads, devicesFileIn } from './uploads.ts';

export type SetUpServices = Pick<
  LiveDependencies,
  'settings' | 'audits' | 'waysIn' | 'scanUpload' | 'takeDatabase' | 'rollBackDatabases'
>;

export function setUpServices(
  knowledge: Knowledge,
  gateway: () => GatewayState | null,
  { addresses }: Pick<PhonePortal, 'addresses'>,
): SetUpServices {
  const { data, devicesFile, decoders, homeCountry } = knowledge.options;
  return {
    settings: () => settingsOf(knowledge),
    audits: knowledge.evidence.audits,
    ...databaseServices(knowledge),
    waysIn: () => waysIn({ ...addresses(), gateway: gateway() }),
    scanUpload: createUploads({
      directory: data,
      scanOptions: () => ({ data, devicesFile: devicesFileIn(data, devicesFile), decoders, homeCountry }),
    }),
  };
}

/** Newer databases while the lab runs: flows that are looked up from then on get their answers. One at a time. */
function databaseServices({
  geo,
  paths,
}: Pick<Knowledge, 'geo' | 'paths'>): Pick<LiveDependencies, 'takeDatabase' | 'rollBackDatabases'> {
  let turn: Promise<unknown> = Promise.resolve();
  const change = (work: () => string[] | Promise<string[]>) => {
    const done = turn.then(async () => {
      const changed = await work();
      geo.reopen();
      return { ok: true as const, value: { changed, databases: [...geo.sources] } };
    });
    turn = done.catch(() => undefined);
    return done.catch((error: unknown) => {
      if (error instanceof LabError) return { ok: false as const, why: error.message, text: error.text };
      throw error;
    });
  };
  return {
    takeDatabase: (given, { older }) =>
      change(async () => {
        const { takeDatabase } = await import('../enrich/geo-update.ts');
        const taken = await takeDatabase(paths.geo, given, { nowMs: Date.now(), inUse: geo.sources, older });
        return taken.map(({ name }) => name);
      }),
    rollBackDatabases: () => change(async () => (await import('../enrich/geo-update.ts')).putAside(paths.geo)),
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
