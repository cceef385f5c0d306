/** Every address of the API: what it is for, what it takes and what it answers. A test holds it against the real routes. */
import { z } from 'zod';
import * as alerts from '../../model/schemas/alert.ts';
import { contentPart, flowContent } from '../../model/schemas/content.ts';
import { flowRecord } from '../../model/schemas/flow.ts';
import * as lab from '../../model/schemas/lab.ts';
import * as notify from '../../model/schemas/notify.ts';
import * as openings from '../../model/schemas/opened.ts';
import { count } from '../../model/schemas/parts.ts';
import * as phones from '../../model/schemas/phone.ts';
import * as plans from '../../model/schemas/plan.ts';
import * as search from '../../model/schemas/search.ts';
import * as setup from '../../model/schemas/settings.ts';
import { sentence, textValue } from '../../model/schemas/text.ts';
import { why } from '../../model/schemas/why.ts';
import {
  ALERT_QUERY,
  ALERT_SEARCH,
  AUDIT_QUERY,
  BODY_QUERY,
  BODY_SEARCH,
  CODE_QUERY,
  COMPARE_QUERY,
  CONTENT_QUERY,
  DATABASE_QUERY,
  DEVICE_QUERY,
  FLOW_QUERY,
  FLOW_SEARCH,
  GROUP_QUERY,
  OPENED_QUERY,
  type Parameter,
  REPORT_QUERY,
  UPSTREAM_QUERY,
  WHY_QUERY,
} from './queries.ts';
import * as bodies from './request-schemas.ts';
import type { RouteName } from './roles.ts';

export interface Route {
  summary: string;
  /** Null: nothing but the status. A text: that media type. */
  answer: z.ZodType | string | null;
  /** What the answer holds, one sentence. */
  means: string;
  status?: 200 | 201 | 204 | 303;
  query?: Record<string, Parameter>;
  /** Every parameter of the query must be there. */
  needsQuery?: boolean;
  body?: z.ZodType;
  /** May be refused in the state things are in (409). */
  conflicts?: boolean;
  /** Refused where its code or token is not right (401, 403), though it needs none otherwise. */
  refuses?: 401 | 403;
}

const anything = z.record(z.string(), z.unknown());
const removed = { answer: null, status: 204, means: 'Removed.' } as const;
const device = { answer: phones.deviceView, body: bodies.device, means: 'Registered.' };

/** The WebSocket stands in AsyncAPI. */
export const ROUTES: Record<Exclude<RouteName, 'GET /api/alerts/live'>, Route> = {
  'GET /api/health': {
    summary: 'Whether the lab runs.',
    answer: z.object({ status: z.literal('ok') }),
    means: 'It does.',
  },
  'GET /sign-in': {
    summary: 'Signs a browser in by a one-time address, and leads it to `/`.',
    query: CODE_QUERY,
    answer: null,
    status: 303,
    means: 'Signed in.',
    refuses: 403,
  },
  'POST /sign-in': {
    summary: 'Signs a browser in; a form with `token` is led to `/`.',
    body: bodies.signIn,
    answer: lab.session,
    means: 'Signed in; the cookie is for this browser only.',
    refuses: 401,
  },
  'POST /sign-out': {
    summary: 'Signs a browser out from a form, and leads it to `/`.',
    answer: null,
    status: 303,
    means: 'Signed out.',
    refuses: 403,
  },
  'GET /case': {
    summary: 'The page from which a person marks test runs; leads to `/` where nobody is signed in.',
    answer: 'text/html',
    means: 'The page.',
  },
  'POST /case': {
    summary: 'A mark from that page, as a form with `case` and `phase` or `event`.',
    answer: null,
    status: 303,
    means: 'Marked.',
    conflicts: true,
  },
  'GET /api/session': { summary: 'Who asks.', answer: lab.session, means: 'The role of the token or session.' },
  'DELETE /api/session': { summary: 'Signs out.', answer: null, status: 204, means: 'Signed out.' },
  'POST /api/session/code': {
    summary:
      'A one-time address that signs a browser in, good for a minute, or for as many as are asked for (15 at most).',
    body: bodies.signInCode,
    answer: lab.signInCode,
    status: 201,
    means: 'To be opened once. `role`: not more than the own one.',
  },
  'POST /api/tokens/{id}/rotate': {
    summary: 'Replaces the token of a role (`id`); the old one and its sessions end at once.',
    answer: lab.roleToken,
    means: 'The new one.',
    conflicts: true,
  },
  'GET /openapi.json': { summary: 'This description.', answer: anything, means: 'OpenAPI 3.1.' },
  'GET /asyncapi.json': { summary: 'The WebSocket, described.', answer: anything, means: 'AsyncAPI 3.0.' },
  'GET /api/stats': { summary: 'Queues, drops, memory.', answer: anything, means: 'Plain numbers.' },
  'GET /metrics': { summary: 'The same for Prometheus.', answer: 'text/plain', means: 'Text format 0.0.4.' },
  'GET /api/alerts': {
    summary: 'Alerts in the order of their current `seq`.',
    query: ALERT_QUERY,
    answer: z.object({ alerts: z.array(alerts.alert), seq: count, epoch: z.string() }),
    means: '`seq`: the latest one given out. `epoch`: the history it belongs to.',
  },
  'GET /api/alerts/{id}': { summary: 'One alert.', answer: alerts.alert, means: 'Its current version.' },
  'POST /api/alerts/{id}/reveal': {
    summary: 'The value in clear. Stands in the audit.',
    answer: lab.secret,
    means: 'Value, the text as it stood there, and the bytes around it.',
    conflicts: true,
  },
  'GET /api/search/alerts': {
    summary: 'Alerts that fit words and filters, newest first.',
    query: ALERT_SEARCH,
    answer: search.alertHits,
    means: 'A window of them, and their number.',
  },
  'GET /api/search/latest-alerts': {
    summary:
      'The latest alert of each phone, type, kind and severity: what a verdict rests on, however long ago it was.',
    answer: z.object({ alerts: z.array(alerts.alert) }),
    means: 'Newest first, 10,000 at most.',
  },
  'GET /api/search/flows': {
    summary: 'Flows that fit words and filters, newest first.',
    query: FLOW_SEARCH,
    answer: search.flowHits,
    means: 'A window of them, and their number.',
  },
  'GET /api/search/flow-groups': {
    summary: 'The same, put together by host, owner, country or app.',
    query: GROUP_QUERY,
    answer: search.flowGroups,
    means: 'Sums of each.',
  },
  'GET /api/flows': {
    summary: 'Flows, newest first.',
    query: FLOW_QUERY,
    answer: z.object({ flows: z.array(flowRecord) }),
    means: 'Open ones included.',
  },
  'GET /api/flows/{id}': {
    summary: 'One flow with its alerts.',
    answer: z.intersection(
      flowRecord,
      z.object({ why: why.pick({ sentence: true, text: true }), alerts: z.array(alerts.alert) }),
    ),
    means: 'The flow.',
  },
  'GET /api/flows/{id}/content': {
    summary: 'What is kept of what a flow said: requests, answers, messages.',
    query: CONTENT_QUERY,
    answer: flowContent,
    means: 'Masked unless revealed; why nothing, or not all, is there.',
    conflicts: true,
  },
  'GET /api/flows/{id}/content/body': {
    summary: 'Bytes of a kept body, message or raw stream. Stands in the audit.',
    query: BODY_QUERY,
    answer: contentPart,
    means: 'A piece, and where the next one begins.',
    conflicts: true,
  },
  'GET /api/flows/{id}/content/opened': {
    summary: 'A kept body, message or raw stream, opened layer in layer. Stands in the audit.',
    query: OPENED_QUERY,
    answer: openings.opened,
    means: 'Each layer with its fields; values of the phone are marked.',
    conflicts: true,
  },
  'GET /api/search/bodies': {
    summary: 'Looks for a text in kept bodies, from the newest connection back. Stands in the audit.',
    query: BODY_SEARCH,
    answer: openings.bodyHits,
    means: 'What was found so far, and where to go on.',
    conflicts: true,
  },
  'GET /api/devices': {
    summary: 'Registered phones.',
    query: DEVICE_QUERY,
    answer: z.object({ devices: z.array(phones.deviceView) }),
    means: 'Masked unless revealed.',
    conflicts: true,
  },
  'POST /api/devices': {
    summary: 'Registers a phone, or adds to what is registered about it.',
    ...device,
    status: 201,
  },
  'GET /api/devices/discovered': {
    summary: "Phones met on the lab's network, the latest first; empty while no gateway is up.",
    answer: z.object({ phones: z.array(phones.discoveredPhone) }),
    means: 'Registered ones included: they have a `deviceId`.',
  },
  'GET /api/devices/{id}': {
    summary: 'One phone.',
    query: DEVICE_QUERY,
    answer: phones.deviceView,
    means: 'Masked unless revealed.',
    conflicts: true,
  },
  'PUT /api/devices/{id}': { summary: 'Registers a phone under this id, or replaces it.', ...device },
  'PUT /api/devices': {
    summary: 'Registers several phones, or replaces them.',
    body: bodies.devices,
    answer: z.object({ count: z.int(), notes: z.array(z.string()) }),
    means: 'Registered, all of them.',
  },
  'PATCH /api/devices/{id}': {
    summary: 'What is given takes the place of what is registered of that sort; the rest stays.',
    ...device,
    means: 'Changed.',
  },
  'POST /api/devices/{id}/drop': { summary: 'Takes what is given from a phone.', ...device, means: 'Changed.' },
  'DELETE /api/devices/{id}': { summary: 'Forgets a phone.', ...removed },
  'POST /api/devices/{id}/forget': {
    summary: 'Destroys all that is kept of a phone, the key of its values first. Stands in the audit.',
    body: bodies.forget,
    answer: phones.forgetting,
    means: 'What was destroyed, and what is left.',
    conflicts: true,
  },
  'GET /api/cases': {
    summary: 'Test runs, oldest first.',
    answer: z.object({ cases: z.array(lab.testCase) }),
    means: 'Closed ones included.',
  },
  'POST /api/cases': {
    summary: 'Opens a case.',
    body: bodies.openCase,
    answer: lab.testCase,
    status: 201,
    means: 'Open from now on.',
    conflicts: true,
  },
  'GET /api/cases/{id}': { summary: 'One case.', answer: lab.testCase, means: 'With its marks.' },
  'PATCH /api/cases/{id}': {
    summary: 'Closes a case.',
    body: bodies.changeCase,
    answer: lab.testCase,
    means: 'Closed.',
    conflicts: true,
  },
  'DELETE /api/cases/{id}': { summary: 'Removes a case; its alerts stay.', ...removed },
  'POST /api/cases/{id}/marks': {
    summary: 'Begins a phase, e.g. `before-consent`, `consent-given`, or notes an event, e.g. `boot`, `unlock`.',
    body: bodies.mark,
    answer: lab.testCase,
    status: 201,
    means: 'With the new mark.',
    conflicts: true,
  },
  'GET /api/plans': {
    summary: 'Ready-made plans: what to do to a phone, step by step. A case is opened with one by its name.',
    answer: z.object({ plans: z.array(plans.plan) }),
    means: 'With all steps.',
  },
  'GET /api/cases/{id}/plan': {
    summary: 'Where a case is in its plan: what to do now, or how long to wait.',
    answer: plans.planView,
    means: 'Ask again while it waits; 404: the case follows no plan.',
  },
  'POST /api/cases/{id}/plan': {
    summary:
      'The step was done, or its wait is over: it is marked, and the next one begins. The last one closes the case.',
    body: bodies.planStep,
    answer: plans.planView,
    means: 'Where it is now.',
    conflicts: true,
  },
  'GET /api/cases/{id}/report': {
    summary: 'The report of a case: a page, or a PDF. Stands in the audit.',
    query: REPORT_QUERY,
    answer: 'text/html',
    means: 'Values are masked; a PDF is `application/pdf`.',
    conflicts: true,
  },
  'POST /api/cases/{id}/export': {
    summary: 'The case as a package that others can check, one at a time. Stands in the audit.',
    body: bodies.exportCase,
    answer: 'application/zip',
    means: 'Values in clear unless redacted; `X-Signed-With`: SHA-256 of the key that signed it.',
    conflicts: true,
  },
  'POST /api/packages/verify': {
    summary: 'Checks an exported package, sent as it is; nothing of it is kept. Stands in the audit.',
    answer: lab.checkedPackage,
    means: 'Whether it is what was written, and whose key signed it.',
    conflicts: true,
  },
  'GET /api/compare': {
    summary: 'Holds two cases, phases of cases or phones against each other. Stands in the audit.',
    query: COMPARE_QUERY,
    answer: lab.saidComparison,
    means: 'In sentences, without values.',
    conflicts: true,
  },
  'GET /api/coverage': {
    summary: 'How much of each phone could be looked into.',
    answer: z.object({ coverage: z.array(phones.coverage), gaps: z.array(phones.gap) }),
    means: 'One entry per device; `gaps`: times in which the lab could not see something, of any device, oldest first.',
  },
  'GET /api/beacons': {
    summary: 'Contacts phones make by themselves: at regular intervals, after a mark, while idle.',
    answer: z.object({
      beacons: z.array(phones.beacon),
      reactions: z.array(phones.reaction),
      idle: z.array(phones.idleContact),
    }),
    means: 'Since the lab started.',
  },
  'GET /api/why': {
    summary: 'What happened to the last connections to a server, why, and what can be done.',
    query: WHY_QUERY,
    answer: z.object({ why: z.array(why) }),
    means: 'A paragraph per phone, the one seen last first.',
  },
  'GET /api/pins': {
    summary: "Apps that refuse the lab's certificate.",
    answer: z.object({ pins: z.array(phones.pin) }),
    means: 'Per device and name.',
  },
  'PUT /api/pins': {
    summary: 'Decides for an app: always pass through, never, or as it behaves.',
    body: bodies.pin,
    answer: phones.pin,
    means: 'The state now.',
  },
  'GET /api/trust-tests': {
    summary: 'Tests of apps with a bad certificate on purpose, and how they went.',
    answer: z.object({ trustTests: z.array(phones.trustTest) }),
    means: 'Newest first.',
  },
  'POST /api/trust-tests': {
    summary: 'Shows the next connection of a phone to a name a bad certificate, once, within a time limit.',
    body: bodies.trustTest,
    answer: phones.trustTest,
    status: 201,
    means: 'Waiting for a connection.',
    conflicts: true,
  },
  'DELETE /api/trust-tests/{id}': { summary: 'Calls a waiting test off.', ...removed },
  'GET /api/upstream-map': {
    summary: 'Hosts that are dialled elsewhere; flows to them are simulated.',
    answer: z.object({ entries: z.array(lab.upstreamEntry) }),
    means: 'All entries.',
  },
  'POST /api/upstream-map': {
    summary: 'Adds entries, or replaces those of the same host and port.',
    body: bodies.upstream,
    answer: z.object({ entries: z.array(lab.upstreamEntry) }),
    status: 201,
    means: 'All entries.',
  },
  'DELETE /api/upstream-map': {
    summary: 'Removes one entry.',
    query: UPSTREAM_QUERY,
    needsQuery: true,
    ...removed,
  },
  'GET /api/decoders': {
    summary: 'Decoders the operator supplied.',
    answer: z.object({ decoders: z.array(lab.decoder) }),
    means: 'Never their keys.',
  },
  'GET /api/notify': {
    summary: 'Who is told of alerts outside the lab, by which rules, and what is held back.',
    answer: notify.notifyState,
    means: 'Receivers with what waits for them; never their secrets.',
  },
  'GET /api/notify/receivers/{id}': {
    summary: 'How a receiver is configured.',
    answer: notify.receiver,
    means: 'As in notify.yaml: names of secrets, never the secrets.',
  },
  'PUT /api/notify/receivers/{id}': {
    summary: 'Puts a receiver into notify.yaml, or replaces it.',
    body: bodies.receiver,
    answer: notify.notifyState,
    means: 'The state now.',
    conflicts: true,
  },
  'DELETE /api/notify/receivers/{id}': {
    summary: 'Takes a receiver, and what waits for it, away; refused while a rule names it.',
    ...removed,
    conflicts: true,
  },
  'POST /api/notify/receivers/{id}/test': {
    summary: 'Sends a receiver a test that holds nothing of any phone.',
    answer: notify.sentTest,
    means: 'How it went.',
  },
  'POST /api/notify/receivers/{id}/retry': {
    summary: 'What was given up for a receiver waits again.',
    answer: notify.retried,
    means: 'How many.',
  },
  'PUT /api/notify/rules': {
    summary: 'Replaces all rules.',
    body: bodies.rules,
    answer: notify.notifyState,
    means: 'The state now.',
    conflicts: true,
  },
  'PUT /api/notify/mutes/{id}': {
    summary:
      'Holds back what matches, until a day and for a reason; the alerts stay in the store. Stands in the audit.',
    body: bodies.mute,
    answer: notify.notifyState,
    means: 'The state now.',
    conflicts: true,
  },
  'DELETE /api/notify/mutes/{id}': { summary: 'Ends a mute.', ...removed, conflicts: true },
  'PUT /api/notify/secrets/{id}': {
    summary: 'Writes a secret into DATA/secrets, mode 0600. It is never given out.',
    body: bodies.secret,
    answer: null,
    status: 204,
    means: 'Written.',
  },
  'GET /api/settings': {
    summary: 'How this lab is set up: databases with their age, certificate, retention.',
    answer: setup.settings,
    means: 'No secret among it.',
  },
  'POST /api/databases': {
    summary:
      'Takes a newer database of countries or networks (.mmdb, .mmdb.gz, .tar.gz as the body). Stands in the audit.',
    query: DATABASE_QUERY,
    answer: setup.geoChange,
    means: 'It answers from the next look-up on.',
    conflicts: true,
  },
  'DELETE /api/databases': {
    summary: 'Puts own databases of DATA/geoip aside: those of the installation answer again. Stands in the audit.',
    answer: setup.geoChange,
    means: 'Put aside.',
    conflicts: true,
  },
  'GET /api/way-in': {
    summary: 'How a phone comes to this lab.',
    answer: setup.wayIn,
    means: 'With the passphrase of its Wi-Fi, where it has one.',
  },
  'GET /api/audit': {
    summary: 'Who revealed, changed or destroyed what.',
    query: AUDIT_QUERY,
    answer: z.object({ entries: z.array(setup.auditEntry), total: count }),
    means: 'Newest first; `total`: all there are.',
  },
  'POST /api/recordings': {
    summary: 'Scans a recording (HAR, pcapng, …), sent as it is; nothing of it is stored.',
    answer: 'application/x-ndjson',
    means: 'Findings as they come, masked, a line of JSON each; the last line is of the type `end` or `fault`.',
    conflicts: true,
  },
  'GET /api/replays': {
    summary: 'Reported cases that can be played.',
    answer: z.object({ replays: z.array(lab.replay) }),
    means: 'All.',
  },
  'POST /api/replays': {
    summary: 'Plays cases through this lab; answers when they are over.',
    body: bodies.replays,
    answer: z.object({ outcomes: z.array(lab.replayOutcome) }),
    means: 'In the same order.',
  },
};

/** Shapes that have a name of their own in the descriptions. */
export const COMPONENTS = {
  Error: lab.refusal,
  Text: sentence,
  TextValue: textValue,
  Identifier: alerts.identifier,
  Evidence: alerts.evidence,
  Attribution: alerts.attribution,
  Alert: alerts.alert,
  Secret: lab.secret,
  Flow: flowRecord,
  FlowGroup: search.flowGroup,
  FlowContent: flowContent,
  ContentPart: contentPart,
  OpenedLayer: openings.openedLayer,
  Device: phones.deviceView,
  DiscoveredPhone: phones.discoveredPhone,
  Case: lab.testCase,
  Gap: phones.gap,
  Coverage: phones.coverage,
  Beacon: phones.beacon,
  Reaction: phones.reaction,
  IdleContact: phones.idleContact,
  Forgetting: phones.forgetting,
  Pin: phones.pin,
  Why: why,
  TrustTest: phones.trustTest,
  UpstreamEntry: lab.upstreamEntry,
  Decoder: lab.decoder,
  NotifyReceiver: notify.receiver,
  NotifyState: notify.notifyState,
  Settings: setup.settings,
  AuditEntry: setup.auditEntry,
  WayIn: setup.wayIn,
  RecordedLine: setup.recordedLine,
  Replay: lab.replay,
  ReplayOutcome: lab.replayOutcome,
} satisfies Record<string, z.ZodType>;
