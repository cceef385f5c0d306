/** The surroundings of a finding or an event: what the rooms before this one already know. */
import type { AlertDevice } from '../model/alert.ts';
import type { Attribution } from '../model/attribution.ts';
import type { CaseMoment } from '../model/case.ts';
import type { DestinationFacts } from '../model/destination.ts';
import type { Flow } from '../model/flow.ts';
import type { RequestHeadFacts } from './masked-url.ts';

export interface AlertContext {
  flow: Flow;
  /** Head of the exchange; null outside an exchange. */
  head: RequestHeadFacts | null;
  /** Message protocol heard on the connection (MQTT…): its name where there is no head. */
  spoken?: string | null;
  /** Null while nothing is known about the address. */
  facts: DestinationFacts | null;
  device: AlertDevice;
  case: CaseMoment | null;
  /** Milliseconds since the epoch. */
  time: number;
  /** App or SDK that probably sent it. Asked only when an alert is written. */
  attribute?: () => Attribution | null;
}
