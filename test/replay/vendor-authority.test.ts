/** The authority of the vendors' stand-ins. */
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';

it('has a name of its own, so that a server is checked against the one that signed it', async () => {
  const now = Date.UTC(2026, 10, 22);
  const [one, other] = await Promise.all([createVendorAuthority(now), createVendorAuthority(now)]);
  const [first, second] = [one, other].map(({ caPem }) => new X509Certificate(caPem));
  expect(first!.subject).not.toBe(second!.subject);
  const server = new X509Certificate(other.certify('vendor.example'));
  expect([server.checkIssued(first!), server.checkIssued(second!)]).toEqual([false, true]);
});
