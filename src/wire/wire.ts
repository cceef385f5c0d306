/**
 * The wire: relays bytes between phone and server and shows the lab a copy. The default engine.
 * Promise: the phone's traffic never waits for what the lab makes of it and is never changed; every tunnel given to
 * it becomes exactly one flow; nothing outside is reached but through what is injected.
 */
import { lookup } from 'node:dns/promises';
import type { Carrier, Decision, Engine, Leg, LiveFlow, Log, Tunnel } from '../model/connection.ts';
import { faultOf } from '../model/fault.ts';
import type { ClientHelloFacts } from '../model/flow.ts';
import { text } from '../model/text.ts';
import type { TrustTest, TrustTestState } from '../model/trust-test.ts';
import { createDial, dialAddress, type Permission, type UpstreamEntry } from './dial.ts';
import { createFlows, type Observer } from './flows.ts';
import { type InterceptOptions, intercept } from './interception.ts';
import { createIssuerFetch } from './issuer-fetch.ts';
import { join } from './join.ts';
import { leafKeyFor } from './leaf-choice.ts';
import { createLeafContexts, type LeafFor, leafContext } from './leaf-contexts.ts';
import { watchForData } from './passed-data.ts';
import { countedAs } from './phone-verdict.ts';
import { type Pins, reasonOf } from './pins.ts';
import { relayPreamble } from './preamble.ts';
import { watchServerFlight } from './server-flight.ts';
import { createTrial, type Trial } from './trial.ts';
import type { TrustTests } from './trust-tests.ts';
import { createUpstreamTls } from './upstream-tls.ts';

export interface WireOptions {
  observe: Observer;
  leafFor: LeafFor;
  upstream: (host: string, port: number) => UpstreamEntry | null;
  mayConnect: (ip: string, port: number, isHere?: boolean) => Permission;
  pins: Pins;
  /** PEM certificates trusted for servers besides the built-in ones; a new list when it changes. */
  upstreamCa: () => readonly string[];
  now: () => number;
  log: Log;
  /** All addresses of a name. Default: the system's resolver. */
  resolve?: (host: string) => Promise<string[]>;
  /** Milliseconds. */
  timeouts?: Partial<WireTimeouts>;
  /** Tests of apps, where the operator may ask for them. */
  trustTests?: Pick<TrustTests, 'settle'> & { leafFor(test: TrustTest, host: string): ReturnType<LeafFor> };
  /** PEM of certificate and key to show the server of this name, for who has it. */
  clientCertificate?: (name: string) => string | null;
  /** An intermediate that a server leaves out is fetched from where its certificate says. */
  fetchesIssuers?: boolean;
  /** Carries what it can in place of the relay. */
  carrier?: Carrier;
  /** NSS key log lines of both legs. */
  onKeylog?: (line: Buffer) => void;
}

export interface WireTimeouts {
  connectMs: number;
  handshakeMs: number;
  /** Silence allowed once one side has ended. */
  halfOpenMs: number;
  /** Within this time after the handshake a clean end without a byte counts as a refused certificate. */
  silentCloseMs: number;
}

export interface Wire extends Engine {
  /** Flows open now. */
  readonly openFlows: number;
}

const DEFAULT_TIMEOUTS: WireTimeouts = {
  connectMs: 15_000,
  handshakeMs: 15_000,
  halfOpenMs: 120_000,
  silentCloseMs: 3_000,
};

export function createWire(options: WireOptions): Wire {
  const { now, log, pins, onKeylog, carrier, trustTests } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const flows = createFlows({ observe: options.observe, now, log, engine: carrier?.engine ?? 'wire' });
  const dial = createDial({
    upstream: options.upstream,
    mayConnect: options.mayConnect,
    resolve: options.resolve ?? systemResolve,
    connectTimeoutMs: timeouts.connectMs,
  });
  const interceptOptions: InterceptOptions = {
    pins,
    upstreamTls: createUpstreamTls({
      upstreamCa: options.upstreamCa,
      ...(options.clientCertificate ? { clientCertificate: options.clientCertificate } : {}),
      ...(options.fetchesIssuers ? { fetchIssuer: createIssuerFetch(dial) } : {}),
      handshakeTimeoutMs: timeouts.handshakeMs,
      ...(onKeylog ? { onKeylog } : {}),
    }),
    leafContext: createLeafContexts(options.leafFor),
    dialAgain: (ip, port) => dialAddress(ip, port, timeouts.connectMs),
    join,
    now,
    handshakeTimeoutMs: timeouts.handshakeMs,
    halfOpenMs: timeouts.halfOpenMs,
    silentCloseMs: timeouts.silentCloseMs,
    onKeylog,
  };

  const carriedOptions: InterceptOptions = carrier ? { ...interceptOptions, join: carrier.carry } : interceptOptions;

  const openTrial = (wanted: TrustTestState, flow: LiveFlow): Trial | null => {
    if (!trustTests) return null;
    const context = leafContext(trustTests.leafFor(wanted.test, wanted.name));
    return createTrial(wanted, context, flow, trustTests.settle, now);
  };

  const tunnel = (given: Tunnel): void => {
    const { client, hello } = given;
    const server = given.upstream.socket;
    const key = leafKeyFor(given.offer);
    const decision = hello && key === null ? passedForWant(given.decision) : given.decision;
    const { treatment, reason, cause, watched, test: wanted } = decision;
    const carried = treatment === 'intercept' && carrier?.takes(given) ? carrier : null;
    const flow = flows.open(
      {
        engine: carried?.engine ?? 'wire',
        openedAt: given.openedAt,
        client: given.from,
        deviceId: given.deviceId,
        arrival: given.arrival,
        treatment,
        treatmentReason: reason,
        ...(cause ? { passCause: cause } : {}),
        destination: {
          host: given.host,
          port: given.port,
          ip: given.upstream.ip,
          ...(given.guessed && { guessed: given.guessed }),
        },
        encrypted: hello !== null,
        intercepted: treatment === 'intercept',
        hello,
        simulated: given.upstream.simulated,
        ...(given.lookedUpAs === undefined ? {} : { lookedUpAs: given.lookedUpAs }),
        ...(given.continues ? { continues: true } : {}),
      },
      () => {
        client.destroy();
        server.destroy();
      },
    );
    if (hello && decision !== given.decision) {
      const [, name] = countedAs(given, hello);
      flow.emit({ type: 'pass-through', flowId: flow.flow.id, time: now(), name, ...NO_LEAF });
      if (given.decision.test) trustTests?.settle(given.decision.test.id, { outcome: 'unclear' });
    }
    if (hello && key && treatment === 'intercept') {
      const offered = carried ? { ...hello, alpn: hello.alpn.filter((one) => carried.alpn.includes(one)) } : hello;
      const trial = wanted ? openTrial(wanted, flow) : null;
      intercept(carried ? carriedOptions : interceptOptions, given, offered, flow, { key, trial }).catch(
        (error: unknown) => {
          log.error({ ...faultOf(error) }, 'a connection failed in the wire');
          flow.close('error', text('ended.internal'));
          client.destroy();
          server.destroy();
        },
      );
      return;
    }
    if (carried) {
      if (given.early.length > 0) client.unshift(given.early);
      carried.carry({ stream: client, raw: client }, { stream: server, raw: server }, flow, {});
      return;
    }
    if (given.early.length > 0) {
      server.write(given.early);
      flow.up(given.early);
    }
    const legs: [Leg, Leg] = [
      { stream: client, raw: client },
      { stream: server, raw: server },
    ];
    const relay = (shown: LiveFlow) => join(...legs, shown, { halfOpenMs: timeouts.halfOpenMs });
    const { startTls } = given;
    if (hello) relay(watchServerFlight(watched ? watchPassed(given, hello, flow) : flow, now));
    else if (!startTls || treatment !== 'intercept') relay(flow);
    else
      relayPreamble(...legs, flow, given.early, (agreed) => {
        if (!agreed) return relay(flow);
        flow.close('ended', text('ended.starttls'));
        startTls();
      });
  };

  /** One that shows whether the app speaks when nobody looks. */
  const watchPassed = (given: Tunnel, hello: ClientHelloFacts, flow: LiveFlow): LiveFlow =>
    watchForData(flow, given.early, (spoke) => {
      const [device, name] = countedAs(given, hello);
      const proven = pins.passed(device, name, spoke);
      if (proven) flow.emit({ type: 'pass-through', flowId: flow.flow.id, time: now(), name, ...proven });
    });

  return {
    dial,
    openFlow: flows.open,
    tunnel,
    ...(carrier ? { plain: carrier.plain } : {}),
    get openFlows() {
      return flows.size;
    },
    close: flows.stop,
  };
}

/** No certificate of the lab fits what this phone offers: it is not made to fail first. */
function passedForWant(decision: Decision): Decision {
  if (decision.treatment !== 'intercept') return decision;
  return { treatment: 'passthrough', reason: reasonOf(NO_LEAF), cause: NO_LEAF.cause };
}

const NO_LEAF = { cause: 'phone-tls', proof: text('proof.no-leaf') } as const;

async function systemResolve(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
}
