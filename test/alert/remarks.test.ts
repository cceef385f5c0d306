/** What earlier requests add to the reasoning of a running alert: told at once, told once, kept when the alert gets worse. */
import { expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import { say } from '../../src/formats/say.ts';
import { text } from '../../src/model/text.ts';
import { countingIds, labContext, labFinding, labFlow, NO_PHONE, TIME } from './lab-flow.ts';

const opaque = (remark?: string) => ({
  ...labFinding({
    kind: 'opaque',
    value: '128 bytes',
    masked: '128 bytes',
    confidence: 'likely',
    reasoning: 'even bytes',
  }),
  ...(remark === undefined ? {} : { remark: text('joined', { before: '', part: remark }) }),
});

it('a remark is added to the running alert, shown at once and once', () => {
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  const reasons: (string | undefined)[] = [];
  for (let n = 0; n < 30; n++) {
    const remark = n < 12 ? undefined : n < 20 ? 'fixed length' : 'it grew';
    const record = alerter.finding(opaque(remark), labContext({ time: TIME + n }));
    if (record) reasons.push(`${record.alert.count} ${record.alert.identifier?.reasoning}`);
  }
  expect(reasons.slice(-2)).toEqual(['13 even bytes; fixed length', '21 even bytes; fixed length; it grew']);
});

it('a remark on the first sighting stands in the first alert', () => {
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  expect(alerter.finding(opaque('it grew'), labContext())?.alert.identifier?.reasoning).toBe('even bytes; it grew');
});

it('a remark stands in the sentence for other languages too; an alert without one gets none', () => {
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  const finding = opaque('it grew');
  const told = text('joined', { before: '', part: 'even bytes' });
  const withText = { ...finding, identifier: { ...finding.identifier, text: told } };
  const identifier = alerter.finding(withText, labContext())?.alert.identifier;
  expect(identifier?.text && say(identifier.text)).toBe('even bytes; it grew');
  expect(
    createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() }).finding(finding, labContext())?.alert
      .identifier,
  ).not.toHaveProperty('text');
});

it('remarks stay when the alert gets worse, and are bounded', () => {
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  const encrypted = labContext({ flow: labFlow({ encrypted: true }) });
  for (let n = 0; n < 9; n++) alerter.finding(opaque(`remark ${n}`), encrypted);
  const worse = alerter.finding(opaque(), labContext());
  expect(worse?.alert).toMatchObject({
    severity: 'high',
    identifier: { reasoning: 'even bytes; remark 0; remark 1; remark 2; remark 3' },
  });
});

it('the size of an unreadable payload is no secret: the reasoning may name it', () => {
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  const finding = labFinding({ kind: 'opaque', value: '128 bytes, 7.2 bits/byte', masked: '128 bytes, 7.2 bits/byte' });
  finding.identifier.reasoning = 'payload of 128 bytes, 7.2 bits/byte, that no decoder opens';
  expect(alerter.finding(finding, labContext())?.alert.identifier?.reasoning).toBe(finding.identifier.reasoning);
});
