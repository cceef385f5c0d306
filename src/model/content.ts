/**
 * What is kept of what phones and servers said: the flow events that carry content, in their order, as the readers told them,
 * and in the place of what was left out a `not-kept`. Secret: only ever stored sealed, shown masked, revealed with an audit entry.
 */
import type { z } from 'zod';
import type { Direction, FlowEvent } from './flow.ts';
import type * as schemas from './schemas/content.ts';
import type { KEEPS, NOT_KEPT_REASONS } from './words.ts';

export type Keep = (typeof KEEPS)[number];
export type NotKeptReason = (typeof NOT_KEPT_REASONS)[number];

/** Megabytes; of `start --keep-mb`. */
export const KEEP_MEGABYTES = 500;

/** So many bytes stood here in this direction. `exchange` null: of the connection as a whole. */
export interface NotKept {
  type: 'not-kept';
  flowId: string;
  exchange: number | null;
  direction: Direction;
  time: number;
  bytes: number;
  why: NotKeptReason;
}

/** `body-chunk`: one or several in a row that belong together. */
export type ContentEvent =
  | Extract<
      FlowEvent,
      {
        type:
          | 'request-head'
          | 'response-head'
          | 'body-chunk'
          | 'body-end'
          | 'message'
          | 'raw-bytes'
          | 'upgraded'
          | 'unreadable';
      }
    >
  | NotKept;

/** Kept with the record of a flow: how much of its content was kept when it closed, and why not all. */
export type ContentNote = z.infer<typeof schemas.contentNote>;
/** The kept content of a flow put in order, without its bodies. */
export type FlowContent = z.infer<typeof schemas.flowContent>;
/** A piece of one body. */
export type ContentPart = z.infer<typeof schemas.contentPart>;
