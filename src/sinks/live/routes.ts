/** Every address of the API: what it is for, what it takes and what it answers. A test holds it against the real routes. */
import type { z } from 'zod';
import * as alerts from '../../model/schemas/alert.ts';
import { contentPart, flowContent } from '../../model/schemas/content.ts';
import { flowRecord } from '../../model/schemas/flow.ts';
import * as lab from '../../model/schemas/lab.ts';
import * as notify from '../../model/schemas/notify.ts';
import * as openings from '../../model/schemas/opened.ts';
import * as phones from '../../model/schemas/phone.ts';
import * as search from '../../model/schemas/search.ts';
import * as setup from '../../model/schemas/settings.ts';
import { sentence, textValue } from '../../model/schemas/text.ts';
import { why } from '../../model/schemas/why.ts';
import { accessRoutes } from './routes/access.ts';
import { alertsRoutes } from './routes/alerts.ts';
import { casesRoutes } from './routes/cases.ts';
import { coverageRoutes } from './routes/coverage.ts';
import { devicesRoutes } from './routes/devices.ts';
import { flowsRoutes } from './routes/flows.ts';
import { labRoutes } from './routes/lab.ts';
import { notifyRoutes } from './routes/notify.ts';
import type { DescribedRoute, Route } from './routes/route.ts';

const described = {
  ...accessRoutes,
  ...alertsRoutes,
  ...flowsRoutes,
  ...devicesRoutes,
  ...casesRoutes,
  ...coverageRoutes,
  ...notifyRoutes,
  ...labRoutes,
} satisfies Record<DescribedRoute, Route>;

/** Each with what exactly it takes and answers. */
export type Described = typeof described;
export const ROUTES: Record<DescribedRoute, Route> = described;

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
