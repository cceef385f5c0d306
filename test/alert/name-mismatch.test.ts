import { describe, expect, it } from 'vitest';
import { lookedUpElsewhere } from '../../src/alert/name-mismatch.ts';
import type { Flow } from '../../src/model/flow.ts';

const flow = (host: string, lookedUpAs?: string | null): Flow =>
  ({
    destination: { host, port: 443, ip: '42.62.48.10' },
    ...(lookedUpAs === undefined ? {} : { lookedUpAs }),
  }) as Flow;

describe('a name asked for that is not the name looked up', () => {
  it.each([
    ['another company’s name', 'hidden.example.org', 'front.example.com', 'example.com'],
    [
      'only the domain is told, not what stands before it',
      'a.example.org',
      '490154203237518.cdn.example.co.uk',
      'example.co.uk',
    ],
    ['the same name', 'a.example.com', 'a.example.com', null],
    ['another name of the same company', 'a.example.com', 'b.cdn.example.com', null],
    ['an address that was never looked up', 'a.example.com', null, null],
    ['no name asked for at all', '42.62.48.10', 'a.example.com', null],
    ['a connection through the proxy', 'a.example.com', undefined, null],
  ])('%s', (_name, host, lookedUpAs, said) => {
    expect(lookedUpElsewhere(flow(host, lookedUpAs))).toBe(said);
  });
});
