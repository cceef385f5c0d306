/**
 * What could be looked into of one phone, app by app: its latest connections, put together by the app or SDK that probably opened
 * them, and why the unread ones were not read.
 */
import type { AppCoverage, AppCoverageQuery } from '../model/search.ts';
import type { Search } from '../sinks/evidence/search.ts';
import { whyUnread } from './case-record.ts';

/** Of a phone: what is older changes no sentence any more, and 10,000 take a quarter of a second. */
const MOST_FLOWS = 10_000;
const PAGE = 1000;
const MOST_APPS = 200;
const MOST_HOSTS = 5;

type App = AppCoverage['apps'][number];

export function appCoverage(query: AppCoverageQuery, search: Pick<Search, 'flows'>): AppCoverage {
  const apps = new Map<string | null, App>();
  let connections = 0;
  let isAll = false;
  while (!isAll && connections < MOST_FLOWS) {
    const { flows } = search.flows({ ...query, limit: PAGE, offset: connections });
    for (const flow of flows) {
      const app = apps.get(flow.app ?? null) ?? { app: flow.app ?? null, connections: 0, unread: 0, why: [] };
      apps.set(app.app, app);
      app.connections++;
      const unread = flow.closedAt === null ? null : whyUnread(flow);
      if (unread === null) continue;
      app.unread++;
      const why = app.why.find((one) => one.class === unread) ?? { class: unread, connections: 0, hosts: [] };
      if (why.connections++ === 0) app.why.push(why);
      const { host } = flow.destination;
      if (why.hosts.length < MOST_HOSTS && !why.hosts.includes(host)) why.hosts.push(host);
    }
    connections += flows.length;
    isAll = flows.length < PAGE;
  }
  const sorted = [...apps.values()].sort(
    (one, other) => other.unread - one.unread || other.connections - one.connections,
  );
  return { apps: sorted.slice(0, MOST_APPS), connections, isAll };
}
