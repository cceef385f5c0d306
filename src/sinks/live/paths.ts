/** The routes of the API as the types that `openapi-fetch` reads: the same routes and schemas of which `/openapi.json` is made. */
import type { z } from 'zod';
import type { frames, refusal } from '../../model/schemas/lab.ts';
import type { Parameter } from './queries.ts';
import type { Route } from './routes/route.ts';
import type { Described } from './routes.ts';

/** Addresses, as in `/openapi.json`, each with its methods. */
export type Paths = {
  [A in keyof Described as AddressIn<A>]: {
    [N in keyof Described as N extends `${infer Method} ${AddressIn<A>}` ? Lowercase<Method> : never]: Operation<
      AddressIn<A>,
      Described[N]
    >;
  };
};

/** A frame of the live alerts, as in `/asyncapi.json`. */
export type LiveFrame = { [F in keyof typeof frames]: z.output<(typeof frames)[F]> }[keyof typeof frames];

/** What the lab says when it refuses: one line that says what to do. */
export type Refused = z.output<typeof refusal>;

/** A file as it is; of one on a disk, `openAsBlob` of `node:fs` reads it piece by piece. */
export type FileBody = Blob | ArrayBuffer | Uint8Array;

/** What may stand behind the `?`. */
export type QueryOf<Q> = { [K in keyof Q]?: Q[K] extends Parameter<infer T> ? T : never };

type AddressIn<Name> = Name extends `${string} ${infer Address}` ? Address : never;

type Operation<Address, R extends Route> = {
  parameters: (Address extends `${string}{id}${string}` ? { path: { id: string } } : { path?: never }) &
    (R extends { query: infer Q }
      ? R extends { needsQuery: true }
        ? { query: Required<QueryOf<Q>> }
        : { query?: QueryOf<Q> }
      : { query?: never });
  responses: { [S in StatusOf<R>]: AnswerOf<R['answer']> } & { default: { content: { 'application/json': Refused } } };
} & (R extends { body: infer B } ? { requestBody: { content: BodyOf<B> } } : { requestBody?: never });

type StatusOf<R> = R extends { status: infer S extends number } ? S : 200;
type BodyOf<B> = B extends z.ZodType ? { 'application/json': z.input<B> } : { [M in B & string]: FileBody };
type AnswerOf<A> = A extends z.ZodType
  ? { content: { 'application/json': z.output<A> } }
  : A extends string
    ? { content: { [M in A]: string } }
    : { content?: never };
