/** What is told outside the lab, and to whom. */
import type { z } from 'zod';
import type * as schemas from './schemas/notify.ts';

export type Condition = z.output<typeof schemas.condition>;
export type Webhook = z.output<typeof schemas.webhook>;
export type Email = z.output<typeof schemas.email>;
export type Receiver = Webhook | Email;
export type NotifyRule = z.output<typeof schemas.rule>;
export type Mute = z.output<typeof schemas.mute>;
export type NotifyConfig = z.output<typeof schemas.notifyConfig>;
export type ReceiverState = z.infer<typeof schemas.receiverState>;
export type NotifyState = z.infer<typeof schemas.notifyState>;
/** How one attempt went: `detail` is one line for a person. */
export type SentTest = z.infer<typeof schemas.sentTest>;
