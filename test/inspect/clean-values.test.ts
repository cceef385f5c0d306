/** What is remembered as clean: nothing that was found is lost when it comes again, in the same place or beside other values. */
import { expect, it } from 'vitest';
import { findings, IMEI, inspect } from './lab-phone.ts';

const twice = (target: string): string[][] =>
  [1, 2].map(() => findings(inspect({ target })).map(({ identifier, value }) => `${identifier.kind} ${value}`));

it.each([
  ['a document in a parameter', `/?d=${encodeURIComponent(JSON.stringify({ x: IMEI }))}`],
  ['the same in base64', `/?d=${Buffer.from(JSON.stringify({ y: IMEI })).toString('base64url')}`],
  ['XML in a parameter', `/?d=${encodeURIComponent(`<a>${IMEI}</a>`)}`],
])('%s is found again', (_name, target) => {
  expect(twice(target)).toEqual([[`imei ${IMEI}`], [`imei ${IMEI}`]]);
});
