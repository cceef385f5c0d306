/** Heads the proxy port does not serve: one line that says why, and never a hanging phone. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startLab, type TestLab } from '../wire/lab.ts';
import { dialUp } from '../wire/servers.ts';

let lab: TestLab;
beforeEach(async () => {
  lab = await startLab({ door: { timeouts: { helloMs: 100 } } });
});
afterEach(() => lab.stop());

it.each([
  ['https:// in absolute form', 'GET https://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n', 501],
  ['a head over 64 KB', `GET http://a.test/ HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`, 431],
  ['a head that does not come', 'GET http://a.test/ HTTP/1.1\r\nHost:', 408],
])('%s is answered and closed', async (_what, bytes, status) => {
  const phone = dialUp(lab.door.port);
  phone.socket.write(bytes);
  const answer = await phone.until((got) => got.includes('\r\n\r\n'));
  expect(answer.toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer.toString()).toContain('phonehome: ');
  phone.socket.end();
  await phone.ended;
});

const TOKEN = 'token=490154203237518';

it.each([
  ['https:// in absolute form', `GET https://a.test/?${TOKEN} HTTP/1.1\r\nHost: a.test\r\n\r\n`],
  ['a head over 64 KB', `GET http://a.test/?${TOKEN} HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`],
  ['a head that does not come', `GET http://a.test/?${TOKEN} HTTP/1.1\r\nHost:`],
])('%s is a flow of its own, with what was sent, so that it is searched', async (_what, bytes) => {
  const phone = dialUp(lab.door.port);
  phone.socket.write(bytes);
  const { flow, closed } = await lab.closed();
  expect(closed.reason).toBe('client-garbage');
  expect(lab.copied(flow.id, 'request').toString()).toContain(TOKEN);
  phone.socket.end();
  await phone.ended;
  expect(lab.flows()).toHaveLength(1);
});

it('a phone that ends within a head is told with what it sent', async () => {
  const phone = dialUp(lab.door.port);
  phone.socket.end(`GET http://a.test/?${TOKEN} HTTP/1.1\r\nHost:`);
  const { flow, closed } = await lab.closed();
  expect(closed.reason).toBe('client-garbage');
  expect(lab.copied(flow.id, 'request').toString()).toContain(TOKEN);
  await phone.ended;
  expect(lab.flows()).toHaveLength(1);
});
