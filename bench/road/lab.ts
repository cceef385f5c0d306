/** The lab's half and the ring in one process, without sockets and threads: copied bytes in, alerts and rows of a store out. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuthority } from '../../src/ca/authority.ts';
import { createClosers } from '../../src/lab/closers.ts';
import { openDataDirectory, pathsIn } from '../../src/lab/data-directory.ts';
import { openKnowledge } from '../../src/lab/knowledge.ts';
import { openLiveDetection } from '../../src/lab/live-detection.ts';
import type { Flow } from '../../src/model/flow.ts';
import { createLabEnd } from '../../src/ring/lab-end.ts';
import { createRelayEnd } from '../../src/ring/relay-end.ts';
import { PHONE } from '../proxy/labs.ts';
import type { Exchange } from './requests.ts';

const PHONE_ID = 'phone-1';
const PER_CONNECTION = 20;
/** Connections between two waits for the lab: what a busy phone has on its way. */
const AT_ONCE = 3;
const CERTIFICATE = {
  names: ['*.example.com', 'example.com'],
  organization: 'Example AS',
  country: 'NO',
  issuer: 'Example CA',
  validTo: null,
  problem: null,
};

/** @param data an empty directory */
export async function openRoad(data: string) {
  const closers = createClosers();
  const devicesFile = join(data, 'phones.yaml');
  writeFileSync(devicesFile, PHONE);
  closers.add(openDataDirectory(data));
  openAuthority(pathsIn(data).certs, { now: Date.now });
  const knowledge = await openKnowledge(
    {
      ...{ data, host: '127.0.0.1', proxyPort: 0, uiPort: 0, transparentPort: null, engine: 'wire', devicesFile },
      ...{ upstreamCa: null, upstreamMap: null, allowClients: [], allowDestinations: [], decoders: [] },
      ...{ homeCountry: null, logFile: null, json: true },
    },
    closers,
    false,
  );
  let alerts = 0;
  const { road } = await openLiveDetection(knowledge, closers, {}, () => void alerts++);
  const relay = createRelayEnd({ now: Date.now });
  closers.add(relay.stop);
  const lab = createLabEnd({
    shared: relay.shared(),
    road,
    note() {},
    passed: relay.passed,
    onFault(error) {
      throw error;
    },
  });
  closers.add(lab.stop);
  let connections = 0;

  function connection(exchanges: readonly Exchange[]): void {
    const flow = flowOf(connections++, knowledge.newId(Date.now()));
    const { id: flowId } = flow;
    const time = Date.now();
    let [bytesUp, bytesDown] = [0, 0];
    relay.event({ type: 'flow-opened', flow, time });
    const tls = { alpn: 'http/1.1', version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', certificate: CERTIFICATE };
    relay.event({ type: 'tls-established', flowId, time, ...tls });
    for (const { request, response } of exchanges) {
      relay.bytes(flowId, 'request', request, time);
      relay.bytes(flowId, 'response', response, time);
      bytesUp += request.length;
      bytesDown += response.length;
    }
    relay.event({ type: 'flow-closed', flowId, time, reason: 'ended', detail: null, bytesUp, bytesDown });
  }

  return {
    /** Resolves when all of it went the whole way. */
    async pass(exchanges: readonly Exchange[]): Promise<void> {
      for (let at = 0; at < exchanges.length; at += PER_CONNECTION) {
        connection(exchanges.slice(at, at + PER_CONNECTION));
        if ((at / PER_CONNECTION) % AT_ONCE === AT_ONCE - 1) await relay.barrier();
      }
      await relay.barrier();
    },
    alerts: () => alerts,
    close: closers.close,
  };
}

function flowOf(number: number, id: string): Flow {
  const host = `host-${number % 50}.example.com`;
  return {
    id,
    openedAt: Date.now(),
    engine: 'wire',
    client: { ip: '192.168.7.20', port: 40_000 + (number % 20_000) },
    deviceId: PHONE_ID,
    arrival: 'http-connect',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host, port: 443, ip: `93.184.216.${number % 50}` },
    encrypted: true,
    intercepted: true,
    hello: {
      sni: host,
      alpn: ['h2', 'http/1.1'],
      ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
      ech: false,
      grease: true,
    },
    simulated: false,
  };
}
