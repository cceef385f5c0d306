/** The alert, version 1: the object other programs rely on. Fields may be added, never changed in meaning. */
import type { z } from 'zod';
import type * as schemas from './schemas/alert.ts';
import type { ALERT_TYPES, SEVERITIES } from './words.ts';

export { ALERT_TYPES, SEVERITIES } from './words.ts';

export type Severity = (typeof SEVERITIES)[number];
export type AlertType = (typeof ALERT_TYPES)[number];
export type AlertDevice = z.infer<typeof schemas.alertDevice>;
export type AlertFlow = z.infer<typeof schemas.alertFlow>;
export type AlertReceiver = z.infer<typeof schemas.receiver>;
export type Alert = z.infer<typeof schemas.alert>;

/** An alert together with what must be encrypted before it touches a disk. */
export interface AlertRecord {
  alert: Alert;
  secret: { value: string; seen: string; window: Buffer } | null;
}
