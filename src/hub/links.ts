/**
 * The links of labs' chains as the hub keeps them: of every record, also of those that stay in the shop, what it was, what it took the
 * place of and the commitment to its content. With them the hub reckons each hash again (src/hub/proof.ts). They say nothing of content.
 */
import type { ChainRecord, ChainType } from '../formats/chain-link.ts';
import type { ChainRun } from '../model/hub.ts';
import type { Client } from './database.ts';

/** Numbered as they lie in the database: new ones come last. */
const OWN = ['alert', 'value', 'flow', 'case', 'coverage', 'gap', 'audit', 'begin', 'tombstone'] as const;
const TYPES: readonly string[] = OWN satisfies readonly ChainType[];
/** Of a newer lab: its name follows. */
const NAMED = 255;
const MAX_NAME = 255;
const REPLACES_BYTES = 8;
const COMMITMENT_BYTES = 32;

/** 41 bytes a record. */
export function packLinks(links: ChainRun['links']): Buffer {
  return Buffer.concat(
    links.map(([type, replaces, commitment]) => {
      const number = TYPES.indexOf(type);
      const name = number === -1 ? Buffer.from(type).subarray(0, MAX_NAME) : null;
      const head = name ? Buffer.from([NAMED, name.length, ...name]) : Buffer.from([number]);
      const place = Buffer.alloc(REPLACES_BYTES);
      place.writeBigUInt64BE(BigInt(replaces ?? 0));
      return Buffer.concat([head, place, Buffer.from(commitment, 'hex')]);
    }),
  );
}

/** @param first position of the first one */
export function* unpackLinks(packed: Buffer, first: number): Generator<ChainRecord> {
  for (let at = 0, position = first; at < packed.length; position++) {
    const number = packed[at++] ?? NAMED;
    let type = TYPES[number] ?? '';
    if (number === NAMED) {
      const length = packed[at++] ?? 0;
      type = packed.toString('utf8', at, at + length);
      at += length;
    }
    const replaces = Number(packed.readBigUInt64BE(at)) || null;
    at += REPLACES_BYTES;
    yield { position, type: type as ChainType, replaces, commitment: packed.subarray(at, at + COMMITMENT_BYTES) };
    at += COMMITMENT_BYTES;
  }
}

export interface ToldLinks {
  lab: number;
  organisation: number;
  history: string;
  first: number;
  last: number;
  links: ChainRun['links'];
  /** Milliseconds since the epoch. */
  received: number;
}

export async function putLinks(client: Client, told: readonly ToldLinks[]): Promise<void> {
  if (told.length === 0) return;
  await client.query(
    `INSERT INTO hub.links (organisation_id, lab_id, history, first, last, links, received)
     SELECT organisation, lab, history, first, last, links, to_timestamp(received / 1000)
     FROM unnest($1::integer[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::double precision[])
       AS told(organisation, lab, history, first, last, links, received) ON CONFLICT DO NOTHING`,
    [
      told.map(({ organisation }) => organisation),
      told.map(({ lab }) => lab),
      told.map(({ history }) => history),
      told.map(({ first }) => first),
      told.map(({ last }) => last),
      told.map(({ links }) => packLinks(links)),
      told.map(({ received }) => received),
    ],
  );
}
