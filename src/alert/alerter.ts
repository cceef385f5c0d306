/**
 * Decides what deserves an alert: a finding, or a flow nobody could look into, becomes a new alert or one more count of
 * a running one. Pure: time comes in, ids come from `newId`, nothing is written anywhere. The caller stores a record
 * before it shows it.
 * Repeats beyond the tenth are handed out at most once a second; `flush` hands out what is left.
 * No alert holds a value: addresses, locators and sentences are masked against the finding and the phone's own words.
 */
import { randomBytes } from 'node:crypto';
import { type Alert, type AlertDevice, type AlertFlow, type AlertRecord, SEVERITIES } from '../model/alert.ts';
import type { Attribution } from '../model/attribution.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { Finding } from '../model/identifier.ts';
import type { AlertContext } from './context.ts';
import { createFlowWatch, type FlowNotice } from './flow-watch.ts';
import { createFold, placeOf, plainHost } from './fold.ts';
import { KIND_FACTS } from './kind-facts.ts';
import { createSecretTest, maskHost, maskLocator, maskSentence, maskUrl, type SecretTest } from './masked-url.ts';
import { type AlertPolicy, DEFAULT_POLICY, decideSeverity } from './policy.ts';
import { isAbroad, isFirstParty, isWatched, nameReceiver, UNKNOWN_FACTS } from './receiver.ts';
import { writeLeak } from './sentence.ts';

export interface AlerterOptions {
  policy?: Partial<AlertPolicy>;
  /** ULID for a time in milliseconds since the epoch. */
  newId: (time: number) => string;
  /** Highest `seq` the store already holds. */
  lastSeq?: number;
  /** Registered values of a phone, any spelling, that must not show in an address: SSIDs, names, serials… */
  secretWords?: (deviceId: string) => readonly string[];
  /** Who takes look-ups over HTTPS at the other end of a flow; null for everybody else. */
  hiddenLookUps?: (flow: Flow) => string | null;
  /** Key of the folding hashes; random by default, and best left so. */
  hashSecret?: Buffer;
}

/** A message of the lab about itself. The same `subject` (and device) folds. */
export interface SystemNotice {
  subject: string;
  message: string;
  severity: Alert['severity'];
  device: AlertDevice;
  time: number;
}

export interface Alerter {
  /** The new alert or its update; null when the repeat is only counted for now. */
  finding(finding: Finding, context: AlertContext): AlertRecord | null;
  /** Every flow event but the bytes matters; bytes may be passed and are ignored. */
  flowEvent(event: FlowEvent, context: AlertContext): AlertRecord[];
  system(notice: SystemNotice): AlertRecord | null;
  /** Repeats counted but not handed out. Call about once a second, and at the end. */
  flush(time: number): AlertRecord[];
  lastSeq(): number;
}

/** Repeats up to this one are handed out at once: a person watching sees the count move. */
const SHOW_EVERY_UNTIL = 10;
const SHOW_AGAIN_AFTER_MS = 1000;
const NOTHING: AlertRecord[] = [];
/** Kept apart in one alert; a case has a handful. */
const MAX_PHASES = 50;
/** Added to one reasoning; a person reads no more. */
const MAX_REMARKS = 4;

type Draft = Omit<Alert, 'v' | 'seq' | 'id' | 'time' | 'count' | 'firstSeen' | 'lastSeen'>;

export function createAlerter(options: AlerterOptions): Alerter {
  const policy: AlertPolicy = { ...DEFAULT_POLICY, ...options.policy };
  const fold = createFold(options.hashSecret ?? randomBytes(32), policy.maxFolded);
  const watch = createFlowWatch(policy, options.hiddenLookUps);
  let seq = options.lastSeq ?? 0;

  function show(alert: Alert): Alert {
    return { ...alert, seq: ++seq, time: alert.lastSeen };
  }

  /** `draft` is called only when its alert is new or may have become worse. */
  function raise(
    key: string,
    time: number,
    severity: Alert['severity'],
    draft: () => Draft,
    secret: AlertRecord['secret'],
    phase: string | null,
    remark: string | null = null,
  ): AlertRecord | null {
    const at = new Date(time).toISOString();
    const running = fold.get(key);
    if (running === undefined) {
      const first: Alert = {
        v: 1,
        seq: 0,
        id: options.newId(time),
        time: at,
        ...draft(),
        count: 1,
        firstSeen: at,
        lastSeen: at,
      };
      first.case = countPhase(first.case, undefined, phase);
      first.identifier = withRemarks(first.identifier, remark === null ? [] : [remark]);
      const alert = show(first);
      fold.set(key, { alert, shownAt: time, unshown: false, ...(remark === null ? {} : { remarks: [remark] }) });
      return { alert, secret };
    }
    const { phases } = running.alert.case ?? {};
    const worse = SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(running.alert.severity);
    running.alert = {
      ...running.alert,
      ...(worse ? draft() : {}),
      count: running.alert.count + 1,
      lastSeen: at,
    };
    running.alert.case = countPhase(running.alert.case, phases, phase);
    const told = running.remarks ?? [];
    const isNews = remark !== null && !told.includes(remark) && told.length < MAX_REMARKS;
    if (isNews) running.remarks = [...told, remark];
    if (worse) running.alert.identifier = withRemarks(running.alert.identifier, running.remarks ?? []);
    else if (isNews) running.alert.identifier = withRemarks(running.alert.identifier, [remark]);
    if (!worse && !isNews && running.alert.count > SHOW_EVERY_UNTIL && time - running.shownAt < SHOW_AGAIN_AFTER_MS) {
      running.unshown = true;
      return null;
    }
    running.alert = show(running.alert);
    running.shownAt = time;
    running.unshown = false;
    return { alert: running.alert, secret: worse ? secret : null };
  }

  function finding(found: Finding, context: AlertContext): AlertRecord | null {
    const { identifier, evidence } = found;
    const { flow, device } = context;
    const facts = context.facts ?? UNKNOWN_FACTS;
    const kind = KIND_FACTS[identifier.kind];
    watch.found(flow.id);

    const { key, crowded } = keyOf(found, context);

    const clear = !flow.encrypted || evidence.where === 'sni' || evidence.where === 'dns';
    const phase = context.case?.phase ?? null;
    const { severity } = decideSeverity({
      group: kind.group,
      confidence: identifier.confidence,
      clear,
      response: evidence.direction === 'response',
      phase,
      abroad: isAbroad(policy, facts),
      firstParty: isFirstParty(device.model, facts),
      watched: isWatched(policy, facts),
    });

    const draft = (): Draft => {
      const secrets = secretsOf(device.id, [found.value, found.seen]);
      // What stands in place of a value (`128 bytes`) is none.
      const own = createSecretTest(
        [found.value, found.seen].filter((text) => text.length >= 6 && text !== identifier.masked),
      );
      const inName =
        evidence.where === 'sni' || evidence.where === 'dns' || evidence.path?.toLowerCase() === 'header:host';
      const shownFlow = describeFlow(
        context,
        secrets,
        evidence.where === 'path' ? segmentOf(evidence.path) : null,
        inName,
      );
      const destination = { ...flow.destination, host: maskHost(flow.destination.host, secrets, inName), ...facts };
      const shownEvidence = {
        ...evidence,
        path: evidence.path === null ? null : maskLocator(evidence.path, secrets),
        decoding: evidence.decoding.map((layer) => maskLocator(layer, secrets)),
      };
      const shownIdentifier = { ...identifier, reasoning: maskSentence(identifier.reasoning, own) };
      return {
        type: identifier.kind === 'opaque' ? 'opaque' : 'leak',
        severity,
        device,
        case: caseOf(context),
        identifier: shownIdentifier,
        evidence: shownEvidence,
        flow: shownFlow,
        destination,
        simulated: flow.simulated,
        message: writeLeak({
          device,
          identifier,
          evidence: shownEvidence,
          flow: shownFlow,
          receiver: nameReceiver(destination, facts),
          clear,
          phase,
          crowded,
        }),
        label: context.case?.label ?? null,
        attribution: attributionOf(context, secrets),
      };
    };
    const secret = { value: found.value, seen: found.seen, window: found.window };
    return raise(key, context.time, severity, draft, secret, phase, found.remark ?? null);
  }

  /**
   * What makes a repeat the same: phone, kind, receiver, place, value. Where values, places or receivers come without
   * end, the further ones of the widest such circle share one alert.
   */
  function keyOf({ identifier, evidence, value }: Finding, context: AlertContext): { key: string; crowded: boolean } {
    const { stable } = KIND_FACTS[identifier.kind];
    const kind = [context.device.id, context.case?.id ?? null, identifier.kind];
    const { host, port } = context.flow.destination;
    // The port belongs to it: 80 in clear and 443 under TLS, or mail and web of one name, are two facts.
    const receiver = [...kind, plainHost(host), String(port), evidence.where];
    const place = [...receiver, placeOf(evidence.path)];
    const key = fold.key([...place, stable ? value : null]);
    if (fold.get(key) !== undefined) return { key, crowded: false };
    const circles: [(string | null)[], (string | null)[], number][] = [
      [kind, receiver, policy.maxReceivers],
      [receiver, place, policy.maxPlacesPerReceiver],
      [place, [...place, stable ? value : null], policy.maxValuesPerPlace],
    ];
    for (const [circle, member, most] of circles) {
      const shared = fold.key([...circle, 'further ones']);
      if (fold.crowded(shared, fold.key(member), most)) return { key: shared, crowded: true };
    }
    return { key, crowded: false };
  }

  function flowEvent(event: FlowEvent, context: AlertContext): AlertRecord[] {
    // Asked for every chunk of every flow: the usual answer must cost nothing.
    const notices = watch.consume(event, context);
    if (notices.length === 0) return NOTHING;
    return notices.map((notice) => raiseNotice(notice, context)).filter((record) => record !== null);
  }

  function raiseNotice(notice: FlowNotice, context: AlertContext): AlertRecord | null {
    const { flow, device } = context;
    const facts = context.facts ?? UNKNOWN_FACTS;
    const secrets = secretsOf(device.id, []);
    const host = maskHost(flow.destination.host, secrets, false);
    const caseId = context.case?.id ?? null;
    const own = fold.key([device.id, notice.type, ...notice.fold.map(plainHost), caseId]);
    const further = fold.key([device.id, notice.type, notice.severity, caseId, 'further ones']);
    const isFurther = fold.get(own) === undefined && fold.crowded(further, own, policy.maxReceivers);
    const draft = (): Draft => ({
      type: notice.type,
      severity: notice.severity,
      device,
      case: caseOf(context),
      identifier: null,
      evidence: null,
      flow: describeFlow(context, secrets, null, false),
      destination: notice.aboutDestination ? { ...flow.destination, host, ...facts } : null,
      simulated: flow.simulated,
      message: `${isFurther ? 'More of the same: ' : ''}${maskSentence(
        notice.write(nameReceiver({ ...flow.destination, host }, facts), host, nameApp(context)),
        secrets,
      )}`,
      label: context.case?.label ?? null,
      attribution: attributionOf(context, secrets),
    });
    const key = isFurther ? further : own;
    return raise(key, context.time, notice.severity, draft, null, context.case?.phase ?? null);
  }

  function secretsOf(deviceId: string, own: readonly string[]): SecretTest {
    return createSecretTest([...own, ...(options.secretWords?.(deviceId) ?? [])]);
  }

  return {
    finding,
    flowEvent,
    system: (notice) =>
      raise(
        fold.key([notice.device.id, 'system', notice.subject]),
        notice.time,
        notice.severity,
        () => ({
          type: 'system',
          severity: notice.severity,
          device: notice.device,
          case: null,
          identifier: null,
          evidence: null,
          flow: null,
          destination: null,
          simulated: false,
          message: notice.message,
          label: null,
        }),
        null,
        null,
      ),
    flush: (time) =>
      fold.unshown().map((running) => {
        running.alert = show(running.alert);
        running.shownAt = time;
        running.unshown = false;
        return { alert: running.alert, secret: null };
      }),
    lastSeq: () => seq,
  };
}

function withRemarks(identifier: Alert['identifier'], remarks: readonly string[]): Alert['identifier'] {
  if (identifier === null || remarks.length === 0) return identifier;
  return { ...identifier, reasoning: [identifier.reasoning, ...remarks].join('; ') };
}

/** A phone that repeats itself at every unlock is one alert that says so, not one per phase. */
function countPhase(
  place: Alert['case'],
  phases: Record<string, number> | undefined,
  phase: string | null,
): Alert['case'] {
  if (place === null || (phase === null && phases === undefined)) return place;
  const counts = new Map(Object.entries(phases ?? {}));
  if (phase !== null && (counts.has(phase) || counts.size < MAX_PHASES))
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return { ...place, phases: Object.fromEntries(counts) };
}

/** `An app`, or `An app (probably WhatsApp)`. */
function nameApp(context: AlertContext): string {
  const probably = context.attribute?.();
  return probably ? `An app (probably ${probably.name})` : 'An app';
}

/** Headers are written by apps: what they name is masked like everything else. */
function attributionOf(context: AlertContext, secrets: SecretTest): Attribution | null {
  const given = context.attribute?.() ?? null;
  if (!given) return null;
  return { ...given, name: maskSentence(given.name, secrets), reason: maskSentence(given.reason, secrets) };
}

function caseOf(context: AlertContext): Alert['case'] {
  return context.case === null ? null : { id: context.case.id, phase: context.case.phase };
}

function describeFlow(
  context: AlertContext,
  secrets: SecretTest,
  hiddenSegment: number | null,
  inName: boolean,
): AlertFlow {
  const { flow, head } = context;
  const protocol = head?.protocol ?? context.spoken ?? flow.protocol ?? (flow.encrypted ? 'tls' : 'tcp');
  return {
    protocol,
    method: head?.method ?? null,
    url: head === null ? null : maskUrl(head, secrets, hiddenSegment, inName),
    encrypted: flow.encrypted,
    intercepted: flow.intercepted,
  };
}

/** `[2]` is the third segment of the path. */
function segmentOf(path: string | null): number | null {
  const index = /^\[(\d+)\]/.exec(path ?? '')?.[1];
  return index === undefined ? null : Number(index);
}
