/** Connections as Suricata's events. */
import { expect, it } from 'vitest';
import { eveOfFlow } from '../../src/export/eve.ts';
import { labFlowRecord } from '../sinks/lab-alert.ts';

it('of EVE the times are those of the connection, to the millisecond, one after the other and back', () => {
  const noon = Date.UTC(2026, 10, 22, 12, 0, 0);
  const times = [noon, noon + 1, noon + 9_999, noon + 59_999, noon + 60_000, noon - 1, Date.UTC(2024, 1, 29), 0, noon];
  const told = times.map((at) => eveOfFlow(labFlowRecord('flow', at, { closedAt: null })));
  const said = (at: number): string => new Date(at).toISOString().replace('Z', '000+0000');
  expect(said(noon)).toBe('2026-11-22T12:00:00.000000+0000');
  expect(told).toMatchObject(times.map((at) => ({ timestamp: said(at), flow: { start: said(at) } })));
});
