/**
 * `phonehome alerts` and `phonehome flows`: what is stored, printed, then the command ends. From the lab that runs on the data
 * directory (or the one that `--url` names), else from its store.
 */

import { saidHost } from '../../formats/said-host.ts';
import type { Alert, Severity } from '../../model/alert.ts';
import type { FlowRecord } from '../../model/flow.ts';
import { wantsColour } from '../colour.ts';
import { addressOf, call, type LabAddress, listIn, type ReachFlags, runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { alertIn } from '../said-alert.ts';
import { table } from '../table.ts';
import { matches, NO_FILTER } from '../watch/filter.ts';
import { spoken, words } from '../words.ts';

interface RecordFlags extends ReachFlags {
  json: boolean;
  device: string | null;
}

interface AlertFlags extends RecordFlags {
  since: number | null;
  severity: Severity | null;
  kind: string | null;
}

interface FlowFlags extends RecordFlags {
  host: string | null;
}

interface Records {
  alerts(since: number): Promise<Alert[]>;
  flows(before: number | null): Promise<FlowRecord[]>;
  end(): void;
}

/** The most that the lab hands out at once. */
const PAGE = 2000;

export async function alerts(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AlertFlags;
  const { device, severity, kind } = flags;
  const { formatAlertLine } = await loadLab();
  const colour = wantsColour();
  await withRecords(flags, {}, async (records) => {
    let since = flags.since ?? 0;
    for (let page = await records.alerts(since); page.length > 0; page = await records.alerts(since)) {
      since = page.at(-1)?.seq ?? since;
      for (const alert of page) {
        if (!matches(alert, { ...NO_FILTER, device, severity, kind })) continue;
        if (flags.json) printJson({ type: 'alert', alert });
        else print(formatAlertLine(alertIn(spoken(), alert), { colour, language: spoken() }));
      }
    }
  });
  return 0;
}

export async function flows(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as FlowFlags;
  const { device, host } = flags;
  await withRecords(flags, { ...(device && { device }), ...(host && { host }) }, async (records) => {
    const seen = new Set<string>();
    let before: number | null = null;
    for (;;) {
      const page: FlowRecord[] = await records.flows(before);
      const last = page.at(-1);
      if (last === undefined) return;
      const fresh = page.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      if (flags.json) for (const flow of fresh) printJson({ type: 'flow', ...flow });
      else if (fresh.length > 0) print(...table(fresh.map(flowRow)));
      if (page.length < PAGE) return;
      // Flows of one millisecond may lie on both sides of a page's end.
      before = fresh.length === 0 ? last.openedAt : last.openedAt + 1;
    }
  });
  return 0;
}

function flowRow(flow: FlowRecord): string[] {
  const { destination, facts } = flow;
  const country = facts?.location.country ?? facts?.owner.country ?? '??';
  return [
    new Date(flow.openedAt).toLocaleString('sv-SE'),
    flow.deviceId ?? flow.client.ip,
    `${country} ${saidHost(destination, `${facts?.owner.name ? `${facts.owner.name} · ` : ''}${destination.host}`)}:${destination.port}`,
    flow.protocol ?? (flow.encrypted ? 'tls' : 'tcp'),
    flow.treatment === 'intercept'
      ? words('flows.requests', { count: flow.requests })
      : words(`flows.treatment.${flow.treatment}`),
    words('flows.bytes', { up: flow.bytesUp, down: flow.bytesDown }),
    flow.findings > 0 ? words('flows.findings', { count: flow.findings }) : '',
    flow.reason === null ? words('flows.open') : words(`flows.reason.${flow.reason}`),
    flow.simulated ? words('flows.simulated') : '',
  ];
}

async function withRecords(
  flags: RecordFlags,
  query: { device?: string; host?: string },
  use: (records: Records) => Promise<void>,
): Promise<void> {
  const lab = flags.url ? addressOf(flags) : await runningLabOf(flags.data);
  const records = lab ? ofLab(lab, query) : await ofStore(flags.data, query);
  try {
    await use(records);
  } finally {
    records.end();
  }
}

function ofLab(lab: LabAddress, query: { device?: string; host?: string }): Records {
  const ask = async (path: string, more: Record<string, string>) =>
    call(lab, 'GET', `${path}?${new URLSearchParams({ ...more, limit: String(PAGE) })}`);
  return {
    alerts: async (since) => listIn<Alert>(await ask('/api/alerts', { since: String(since) }), 'alerts'),
    flows: async (before) =>
      listIn<FlowRecord>(
        await ask('/api/flows', { ...query, ...(before === null ? {} : { before: String(before) }) }),
        'flows',
      ),
    end: () => {},
  };
}

async function ofStore(data: string, query: { device?: string; host?: string }): Promise<Records> {
  const stored = await (await loadLab()).openRecords(data);
  return {
    alerts: async (since) => stored.alerts({ since, limit: PAGE }),
    flows: async (before) => stored.flows({ ...query, ...(before === null ? {} : { before }), limit: PAGE }),
    end: stored.end,
  };
}
