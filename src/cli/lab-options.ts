/** From the flags of `start` and `demo` to what the lab takes. */
import type { LabOptions } from '../model/lab.ts';

/** Flags as `valuesOf` gives them: names and types are those of the table in flags.ts. */
export interface LabFlags
  extends Omit<LabOptions, 'caPassphrase' | 'devicesFile' | 'decoders' | 'resolvers' | 'capture'> {
  devices: string | null;
  decoder: string[];
  resolver: string[];
  capture: boolean;
  captureSize: number;
  retentionDays: number;
  caPassphraseFile: string | null;
}

export function labOptions({ devices, decoder, resolver, capture, captureSize, ...flags }: LabFlags): LabOptions {
  const {
    data,
    host,
    proxyPort,
    uiPort,
    uiTls,
    transparentPort,
    engine,
    upstreamCa,
    clientCert,
    fetchIntermediates,
    upstreamMap,
    allowClients,
    phoneConnections,
    allowDestinations,
    homeCountry,
    retentionDays,
    keep,
    keepMb,
    hub,
    logFile,
    json,
  } = flags;
  return {
    data,
    host,
    proxyPort,
    uiPort,
    uiTls,
    transparentPort,
    engine,
    devicesFile: devices,
    upstreamCa,
    clientCert,
    fetchIntermediates,
    upstreamMap,
    allowClients,
    phoneConnections,
    allowDestinations,
    decoders: decoder,
    resolvers: resolver,
    capture: capture ? { maxMegabytes: captureSize } : null,
    homeCountry,
    retentionDays,
    keep,
    keepMb,
    hub,
    logFile,
    json,
  };
}
