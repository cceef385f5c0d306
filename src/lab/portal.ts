/**
 * The page a phone opens first, joined to the lab: `http://phonehome.lab/` through the proxy and `/setup` on the UI port,
 * and the https address of the self-test, which only a phone that trusts the lab's certificate can load.
 */
import { networkInterfaces } from 'node:os';
import type { Authority } from '../ca/authority.ts';
import { urlHost } from '../formats/address.ts';
import { lanAddresses } from '../formats/lan-address.ts';
import type { WayIn } from '../model/gateway.ts';
import { createPortal } from '../portal/portal.ts';
import { startPageServer, startProbeServer } from '../portal/probe-server.ts';
import type { SelfTest } from '../portal/self-test.ts';
import type { LiveDependencies } from '../sinks/live/dependencies.ts';

/** Resolves nowhere but through the lab. */
export const PORTAL_HOST = 'phonehome.lab';

/** Loopback ports of the page and of its self-test. */
export interface PortalPorts {
  pages: number;
  probe: number;
  /** The UI port: asked for through the lab it is the page, too, so that a phone that opened it by address may set the proxy meanwhile. */
  ui: number;
}

export interface PhonePortal {
  /** Known once the UI port is open. */
  ports(): PortalPorts;
  page: LiveDependencies['phonePage'];
  /** As a phone reaches them. */
  addresses(): { proxy: { host: string; port: number }; page: string };
  close(): Promise<void>;
}

/** Where the portal's two addresses are served; null for every other destination. */
export function portalUpstream(
  { pages, probe, ui }: PortalPorts,
  host: string,
  port: number,
): { dialHost: string; dialPort: number; address: null; simulated: false } | null {
  const dialPort = isPortal(host) ? { 443: probe, 80: pages }[port] : port === ui && isHere(host) ? pages : undefined;
  if (dialPort === undefined) return null;
  return { dialHost: '127.0.0.1', dialPort, address: null, simulated: false };
}

export async function openPortal(options: {
  authority: Authority;
  host: string;
  /** The UI port speaks TLS, too. */
  hasTls: boolean;
  proxyPort: () => number;
  uiPort: () => number;
  wayIn: () => WayIn | null;
  selfTest: SelfTest;
}): Promise<PhonePortal> {
  const { authority, uiPort, proxyPort } = options;
  const everywhere = options.host === '0.0.0.0' || options.host === '::';
  const reachable = (): string =>
    everywhere ? (lanAddresses(networkInterfaces())[0]?.address ?? '127.0.0.1') : options.host;
  const portal = createPortal({
    proxy: () => ({ host: reachable(), port: proxyPort() }),
    gateway: options.wayIn,
    uiUrl: () => `http://${urlHost(reachable())}:${uiPort()}`,
    apiUrl: () => `${options.hasTls ? 'https' : 'http'}://${urlHost(reachable())}:${uiPort()}`,
    certificate: async (form) => authority.export(form),
    fingerprint: () => authority.root.fingerprint256,
    certificateName: () => authority.root.commonName,
    selfTest: options.selfTest,
    probeUrl: `https://${PORTAL_HOST}/check/seen.svg`,
  });
  const probe = await startProbeServer(
    portal,
    authority.leafFor({ host: PORTAL_HOST, mirror: null, untrusted: false }),
  );
  const pages = await startPageServer(portal);
  return {
    ports: () => ({ pages: pages.port, probe: probe.port, ui: uiPort() }),
    addresses: () => ({
      proxy: { host: reachable(), port: proxyPort() },
      page: options.wayIn()?.page ?? `http://${urlHost(reachable())}:${uiPort()}`,
    }),
    page: (request) =>
      portal.answer({ ...request, via: isPortal(request.host.replace(/:\d+$/, '')) ? 'proxy' : 'direct' }),
    async close() {
      await Promise.all([probe.close(), pages.close()]);
    },
  };
}

/** An address of this machine, as phones write it. */
const isHere = (host: string): boolean =>
  lanAddresses(networkInterfaces()).some(({ address }) => address === host.replace(/^\[|\]$/g, ''));

/** In any spelling: upper case, with the dot of a complete name. */
export const isPortal = (host: string): boolean => host.toLowerCase().replace(/\.$/, '') === PORTAL_HOST;
