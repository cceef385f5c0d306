/**
 * Decides what deserves an alert: a finding, or a flow nobody could look into, becomes a new alert or one more count of
 * a running one. Pure: time comes in, ids come from `newId`, nothing is written anywhere. The caller stores a record
 * before it shows it.
 * Repeats beyond the tenth are handed out at most once a second; `flush` hands out what is left.
 * No alert holds a value: addresses, locators and sentences are masked against the finding and the phone's own words.
 */

import { randomBytes } from 'node:crypto';
import { METHODS } from 'node:http';
import { say } from '../formats/say.ts';
import { type Alert, type AlertDevice, type AlertFlow, type AlertRecord, SEVERITIES } from '../model/alert.ts';
import type { Attribution } from '../model/attribution.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { Flow, FlowEvent } from '../model/flow.ts';
import type { Finding } from '../model/identifier.ts';
import { KIND_FACTS } from '../model/kinds.ts';
import { type Text, type TextValue, text } from '../model/text.ts';
import type { AlertContext } from './context.ts';
import { createFlowWatch, type FlowNotice } from './flow-watch.ts';
import { createFold, placeOf, plainHost, type RunningAlert } from './fold.ts';
import { maskHost, maskLocator, maskSentence, maskUrl, type SecretTest } from './masked-url.ts';
import { type AlertPolicy, DEFAULT_POLICY, decideSeverity } from './policy.ts';
import { isAbroad, isFirstParty, isWatched, nameReceiver, UNKNOWN_FACTS } from './receiver.ts';
import { countMoment, list, markOf, severalOf, withRemarks } from './running.ts';
import { writeLeak } from './sentence.ts';

export interface AlerterOptions {
  policy?: Partial<AlertPolicy>;
  /** ULID for a time in milliseconds since the epoch. */
  newId: (time: number) => string;
  /** Highest `seq` the store already holds. */
  lastSeq?: number;
  /** What must not show of a phone, and of what was found. */
  secretsOf: (deviceId: string, found: Finding | null) => SecretTest;
  /** Who takes look-ups over HTTPS at the other end of a flow; null for everybody else. */
  hiddenLookUps?: (flow: Flow) => string | null;
  /** The phone of an open flow has been seen to trust the lab's certificate. */
  trusts?: (flow: Flow) => boolean;
  /** Key of the folding hashes; random by default, and best left so. */
  hashSecret?: Buffer;
}

/** A message of the lab about itself. The same `subject` (and device) folds. */
export interface SystemNotice {
  subject: string;
  text: Text;
  severity: Alert['severity'];
  device: AlertDevice;
  time: number;
}

export interface Alerter {
  /** The new alert or its update; null when the repeat is only counted for now. */
  finding(finding: Finding, context: AlertContext): AlertRecord | null;
  /** Every flow event but the bytes matters; bytes may be passed and are ignored. */
  flowEvent(event: FlowEvent, context: AlertContext): AlertRecord[];
  /** In place of `flowEvent` for every event that raises nothing by itself (`mayRaise`). */
  heard(event: FlowEvent): void;
  system(notice: SystemNotice): AlertRecord | null;
  /** Repeats counted but not handed out. Call about once a second, and at the end. */
  flush(time: number): AlertRecord[];
  lastSeq(): number;
  /** Remembers nothing of a phone any more. */
  forget(deviceId: string): void;
}

/** Repeats up to this one are handed out at once: a person watching sees the count move. */
const SHOW_EVERY_UNTIL = 10;
const SHOW_AGAIN_AFTER_MS = 1000;
const NOTHING: AlertRecord[] = [];
/** Added to one reasoning; a person reads no more. */
const MAX_REMARKS = 4;
/** Listed in one alert. Further ones have another: a receiver that is not listed is hidden. */
const MAX_RECEIVERS_LISTED = 100;

/** What a sighting makes of its alert. */
interface Draft
  extends Omit<Alert, 'v' | 'seq' | 'id' | 'time' | 'count' | 'firstSeen' | 'lastSeen' | 'message' | 'receivers'> {
  text: Text;
}

interface Sighting {
  key: string;
  time: number;
  severity: Alert['severity'];
  /** Where it lies in a case; null outside every case. */
  moment: AlertContext['case'];
  secret: AlertRecord['secret'];
  remark: Text | null;
  /** The alert stands for several receivers: this one must be listed. */
  listed: boolean;
}

export function createAlerter(options: AlerterOptions): Alerter {
  const policy: AlertPolicy = { ...DEFAULT_POLICY, ...options.policy };
  const fold = createFold(options.hashSecret ?? randomBytes(32), policy.maxFolded);
  const watch = createFlowWatch(policy, options.hiddenLookUps, options.trusts);
  let seq = options.lastSeq ?? 0;

  /** The next version of a running alert. */
  function show(running: RunningAlert, time: number): Alert {
    running.alert = { ...running.alert, ...severalOf(running), seq: ++seq, time: running.alert.lastSeen };
    running.shownAt = time;
    running.unshown = false;
    return running.alert;
  }

  /** `draft` is called only when its alert is new, may have become worse, or has to list its receiver. */
  function raise(sighting: Sighting, draft: () => Draft): AlertRecord | null {
    const { time } = sighting;
    const running = fold.get(sighting.key);
    if (running === undefined) return raiseFirst(sighting, draft());
    const worse = SEVERITIES.indexOf(sighting.severity) > SEVERITIES.indexOf(running.alert.severity);
    const drafted = worse || sighting.listed ? draft() : null;
    const isNews = repeat(running, sighting, worse ? drafted : null);
    if (running.several && drafted?.destination) list(running.several.receivers, drafted.destination, time);
    if (!worse && !isNews && running.alert.count > SHOW_EVERY_UNTIL && time - running.shownAt < SHOW_AGAIN_AFTER_MS) {
      running.unshown = true;
      return null;
    }
    return { alert: show(running, time), secret: worse ? sighting.secret : null };
  }

  function raiseFirst({ key, time, moment, secret, remark, listed }: Sighting, draft: Draft): AlertRecord {
    const at = new Date(time).toISOString();
    const alert: Alert = {
      v: 1,
      seq: 0,
      id: options.newId(time),
      time: at,
      ...draft,
      message: say(draft.text),
      count: 1,
      firstSeen: at,
      lastSeen: at,
    };
    alert.identifier = withRemarks(alert.identifier, remark === null ? [] : [remark]);
    const running: RunningAlert = {
      alert,
      shownAt: time,
      unshown: false,
      ...(remark === null ? {} : { remarks: [remark] }),
    };
    countMoment(running, null, moment, time);
    if (listed && draft.destination) {
      running.several = { receivers: new Map(), sentence: draft.text };
      list(running.several.receivers, draft.destination, time);
    }
    fold.set(key, running);
    return { alert: show(running, time), secret };
  }

  /** Counts a repeat; `worse` takes the place of what was said before. True when it adds a remark. */
  function repeat(running: RunningAlert, { time, moment, remark }: Sighting, worse: Draft | null): boolean {
    const before = running.alert.case;
    running.alert = {
      ...running.alert,
      ...(worse === null ? {} : { ...worse, message: say(worse.text) }),
      count: running.alert.count + 1,
      lastSeen: new Date(time).toISOString(),
    };
    countMoment(running, before, moment, time);
    const told = running.remarks ?? [];
    const isNews = remark !== null && told.length < MAX_REMARKS && !told.some((one) => say(one) === say(remark));
    if (isNews) running.remarks = [...told, remark];
    if (worse !== null) running.alert.identifier = withRemarks(running.alert.identifier, running.remarks ?? []);
    else if (isNews) running.alert.identifier = withRemarks(running.alert.identifier, [remark]);
    return isNews;
  }

  function finding(found: Finding, context: AlertContext): AlertRecord | null {
    const { identifier, evidence } = found;
    const { flow, device } = context;
    const facts = context.facts ?? UNKNOWN_FACTS;
    const kind = KIND_FACTS[identifier.kind];
    watch.found(flow.id);

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

    const { key, crowded, listed } = keyOf(found, context, severity);
    const draft = (): Draft => {
      const secrets = options.secretsOf(device.id, found);
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
      const shownIdentifier = {
        ...identifier,
        reasoning: maskSentence(identifier.reasoning, secrets),
        ...(identifier.text && { text: maskText(identifier.text, secrets) }),
      };
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
        text: writeLeak({
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
    const moment = context.case;
    return raise({ key, time: context.time, severity, moment, secret, remark: found.remark ?? null, listed }, draft);
  }

  /**
   * What makes a repeat the same: phone, kind, receiver, place, value. Where values, places or receivers come without
   * end, the further ones of the widest such circle share one alert; receivers only with those of the same company,
   * country and severity, and each of them is listed.
   */
  function keyOf(
    { identifier, evidence, value }: Finding,
    context: AlertContext,
    severity: Alert['severity'],
  ): { key: string; crowded: boolean; listed: boolean } {
    const { stable } = KIND_FACTS[identifier.kind];
    const { flow } = context;
    const { host, port } = flow.destination;
    const side = sideOf(flow, context.facts ?? UNKNOWN_FACTS);
    const kind = [context.device.id, context.case?.id ?? null, identifier.kind, ...side];
    // The port belongs to it: 80 in clear and 443 under TLS, or mail and web of one name, are two facts.
    const receiver = [...kind, plainHost(host), String(port), evidence.where];
    const place = [...receiver, placeOf(evidence.path)];
    const own = [...place, stable ? value : null];
    const key = fold.key(own);
    if (fold.get(key) !== undefined) return { key, crowded: false, listed: false };
    const alike = [...kind, severity];
    const volume = fold.seat(fold.key(alike), fold.key(receiver), policy.maxReceivers, MAX_RECEIVERS_LISTED);
    if (volume !== null)
      return { key: fold.key([...alike, 'further ones', String(volume)]), crowded: false, listed: true };
    const circles: [(string | null)[], (string | null)[], number][] = [
      [receiver, place, policy.maxPlacesPerReceiver],
      [place, own, policy.maxValuesPerPlace],
    ];
    for (const [circle, member, most] of circles) {
      const shared = fold.key([...circle, 'further ones']);
      if (fold.seat(shared, fold.key(member), most, Infinity) !== null)
        return { key: shared, crowded: true, listed: false };
    }
    return { key, crowded: false, listed: false };
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
    const secrets = options.secretsOf(device.id, null);
    const host = maskHost(flow.destination.host, secrets, false);
    const time = context.time;
    const alike = [device.id, notice.type, notice.severity, context.case?.id ?? null, ...sideOf(flow, facts)];
    const own = fold.key([...alike.toSpliced(2, 1), ...notice.fold.map(plainHost)]);
    const volume =
      fold.get(own) === undefined ? fold.seat(fold.key(alike), own, policy.maxReceivers, MAX_RECEIVERS_LISTED) : null;
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
      text: maskText(
        notice.write(nameReceiver({ ...flow.destination, host }, facts), nameHost(flow, host), nameApp(context)),
        secrets,
      ),
      label: context.case?.label ?? null,
      attribution: attributionOf(context, secrets),
    });
    const key = volume === null ? own : fold.key([...alike, 'further ones', String(volume)]);
    const listed = volume !== null && notice.aboutDestination;
    const moment = context.case;
    return raise({ key, time, severity: notice.severity, moment, secret: null, remark: null, listed }, draft);
  }

  return {
    finding,
    flowEvent,
    heard: watch.heard,
    system: ({ subject, severity, device, time, text: told }) =>
      raise(
        {
          key: fold.key([device.id, 'system', subject]),
          time,
          severity,
          moment: null,
          secret: null,
          remark: null,
          listed: false,
        },
        () => ({
          type: 'system',
          severity,
          device,
          case: null,
          identifier: null,
          evidence: null,
          flow: null,
          destination: null,
          simulated: false,
          text: told,
          label: null,
        }),
      ),
    flush: (time) => fold.unshown().map((running) => ({ alert: show(running, time), secret: null })),
    forget: fold.forget,
    lastSeq: () => seq,
  };
}

/** What two receivers must share to share an alert: neither a company nor a country may hide behind another's. */
function sideOf({ simulated }: Flow, { owner, location }: DestinationFacts): (string | null)[] {
  return [owner.name, owner.country, location.country, simulated ? 'simulated' : null];
}

function nameHost({ destination }: Flow, host: string): TextValue {
  return destination.guessed ? text('receiver.probably', { receiver: host }) : host;
}

/** `An app`, or `An app (probably WhatsApp)`. */
function nameApp(context: AlertContext): Text {
  const probably = context.attribute?.();
  return probably ? text('app.probably', { name: probably.name }) : text('app.unknown');
}

/** A text whose values were written elsewhere, like `maskSentence`. */
function maskText(told: Text, secrets: SecretTest): Text {
  const masked = (value: TextValue): TextValue => {
    if (typeof value === 'string') return maskSentence(value, secrets);
    if (typeof value === 'number') return value;
    return 'key' in value ? maskText(value, secrets) : value.map(masked);
  };
  return { key: told.key, values: Object.fromEntries(Object.entries(told.values).map(([k, v]) => [k, masked(v)])) };
}

/** Headers are written by apps: what they name is masked like everything else. */
function attributionOf(context: AlertContext, secrets: SecretTest): Attribution | null {
  const given = context.attribute?.() ?? null;
  if (!given) return null;
  return {
    ...given,
    name: maskSentence(given.name, secrets),
    reason: maskSentence(given.reason, secrets),
    ...(given.text && { text: maskText(given.text, secrets) }),
  };
}

function caseOf(context: AlertContext): Alert['case'] {
  return context.case === null
    ? null
    : { id: context.case.id, phase: context.case.phase, ...markOf(context.case, context.time) };
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
    // Another word than a method may be anybody's value.
    method: head !== null && KNOWN_METHODS.has(head.method) ? head.method : null,
    url: head === null ? null : maskUrl(head, secrets, hiddenSegment, inName),
    encrypted: flow.encrypted,
    intercepted: flow.intercepted,
  };
}

const KNOWN_METHODS = new Set(METHODS);

/** `[2]` is the third segment of the path. */
function segmentOf(path: string | null): number | null {
  const index = /^\[(\d+)\]/.exec(path ?? '')?.[1];
  return index === undefined ? null : Number(index);
}
