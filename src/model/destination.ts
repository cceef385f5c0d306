/** Three separate facts about where a flow goes. They are never merged: see docs/decisions. */
import type { z } from 'zod';
import type * as schemas from './schemas/destination.ts';

/** Where a flow goes, as the phone named it and as it was reached. */
export type Destination = z.infer<typeof schemas.destination>;
export type DestinationFacts = z.infer<typeof schemas.destinationFacts>;
export type ServerLocation = DestinationFacts['location'];
export type CountryVote = ServerLocation['votes'][number];
export type NetworkOperator = DestinationFacts['network'];
export type Owner = DestinationFacts['owner'];
