/**
 * `phonehome watch`: on a terminal the full screen of src/cli/watch, in a pipe one line per alert, with `--json` NDJSON.
 * Ends with Ctrl-C; a lab that goes away and comes back is waited for.
 */

import { jsonLine } from '../../formats/terminal.ts';
import type { Alert, Severity } from '../../model/alert.ts';
import type { DeviceCoverage } from '../../model/coverage.ts';
import type { LabError, LiveFrame } from '../../model/lab.ts';
import { wantsColour } from '../colour.ts';
import { explain } from '../errors.ts';
import { addressOf, call, isInClear, type LabAddress, listIn, type ReachFlags } from '../lab-client.ts';
import { followAlerts, type LinkState } from '../live-alerts.ts';
import { loadLab } from '../main-module.ts';
import { print, tell } from '../output.ts';
import { alertIn, coverageIn } from '../said-alert.ts';
import { untilStopped } from '../stop-signal.ts';
import { type Filter, matches, NO_FILTER } from '../watch/filter.ts';
import { createWatchModel } from '../watch/model.ts';
import { spoken, words } from '../words.ts';

interface WatchFlags extends ReachFlags {
  json: boolean;
  since: number | null;
  device: string | null;
  severity: Severity | null;
  kind: string | null;
  lang: string;
}

/** Earlier alerts are fetched by this many numbers at a time. */
const PAGE = 200;
const COVERAGE_EVERY_MS = 1000;

export async function watch(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as WatchFlags;
  const lab = addressOf(flags);
  const { device, severity, kind } = flags;
  const filter: Filter = { ...NO_FILTER, device, severity, kind };
  const warning = flags.url && isInClear(lab.url) ? words('watch.in-clear') : null;
  const onTerminal = process.stdout.isTTY && process.stdin.isTTY && !flags.json && process.env.TERM !== 'dumb';
  if (onTerminal) return await watchOnScreen({ lab, filter, warning, language: flags.lang });
  if (warning) tell(`phonehome: ${warning}`);
  return await watchInPipe(lab, filter, flags);
}

const alertJson = (alert: Alert) => jsonLine({ type: 'alert', alert } satisfies LiveFrame);

async function plainLine(): Promise<(alert: Alert) => string> {
  const { formatAlertLine } = await loadLab();
  const colour = wantsColour();
  return (alert) => formatAlertLine(alert, { colour, language: spoken() });
}

async function watchInPipe(lab: LabAddress, filter: Filter, flags: WatchFlags): Promise<number> {
  const line = flags.json ? alertJson : await plainLine();
  const stopped = untilStopped();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const link = createLinkTeller(lab.url);
  const end = followAlerts({
    lab,
    since: flags.since,
    onAlert: (alert) => {
      if (!matches(alert, filter)) return;
      print(line(flags.json ? alert : alertIn(flags.lang, alert)));
    },
    onState: link.tell,
    onFatal: reject,
  });
  try {
    await Promise.race([stopped, failed]);
  } finally {
    link.end();
    end();
  }
  return 0;
}

/** A lab that cannot be heard is told of, also when it never was. */
const PATIENCE_MS = 2500;

function createLinkTeller(url: string): { tell: (state: LinkState) => void; end: () => void } {
  const say = (line: string) => tell(`phonehome: ${line}`);
  let lost = false;
  let wasLive = false;
  const lose = (line: string): void => {
    if (!lost) say(line);
    lost = true;
  };
  const timer = setTimeout(() => wasLive || lose(words('watch.no-lab', { url })), PATIENCE_MS);
  return {
    tell(state) {
      if (state === 'reconnecting') lose(words('watch.reconnecting'));
      if (state === 'silent') lose(words('watch.silent'));
      if (state !== 'live') return;
      if (lost) say(words('watch.again'));
      lost = false;
      wasLive = true;
    },
    end: () => clearTimeout(timer),
  };
}

interface ScreenOptions {
  lab: LabAddress;
  filter: Filter;
  warning: string | null;
  language: string;
}

async function watchOnScreen({ lab, filter, warning, language }: ScreenOptions): Promise<number> {
  // React's development build records a performance entry per frame and keeps it: hours of it fill the memory.
  process.env.NODE_ENV ??= 'production';
  // The screen's own libraries (25 MB) are loaded only here.
  const [{ render }, { createElement }, { WatchApp }] = await Promise.all([
    import('ink'),
    import('react'),
    import('../watch/app.ts'),
  ]);
  const model = createWatchModel(filter);
  const { state, alerts } = model;
  state.notice = warning;
  let redraw = () => {};
  const fetchAlerts = async (since: number) =>
    listIn<Alert>(await call(lab, 'GET', `/api/alerts?since=${since}&limit=${PAGE}`), 'alerts').map((alert) =>
      alertIn(language, alert),
    );

  /** One page of earlier alerts, and the first screen's. */
  const loadOlder = async () => {
    if (state.loadingOlder) return;
    state.loadingOlder = true;
    const since = Math.max(0, alerts.oldestSeq() - PAGE);
    try {
      alerts.putOlder(await fetchAlerts(since), since);
    } catch (error) {
      state.notice = explain(error);
    }
    state.loadingOlder = false;
    redraw();
  };
  const loadCoverage = async () => {
    if (state.link !== 'live') return;
    try {
      state.coverage = listIn<DeviceCoverage>(await call(lab, 'GET', '/api/coverage'), 'coverage').map((one) =>
        coverageIn(language, one),
      );
      redraw();
      const { alerts: counts } = (await call(lab, 'GET', '/api/stats')) as { alerts?: { waiting?: number } };
      state.notStored = counts?.waiting ?? 0;
      redraw();
    } catch {
      // The link state already says that the lab is away.
    }
  };

  /** The value of the alert on the screen; the lab notes in its audit who asked. */
  const reveal = async () => {
    const id = model.selected()?.id;
    if (id === undefined) return;
    try {
      const { value, seen } = (await call(lab, 'POST', `/api/alerts/${id}/reveal`)) as { value: string; seen: string };
      state.revealed = { id, value, seen };
    } catch (error) {
      state.notice = explain(error);
    }
    redraw();
  };

  let fatal: LabError | null = null;
  const screen = render(
    createElement(WatchApp, {
      model,
      title: lab.url,
      colour: wantsColour(),
      onOlder: () => void loadOlder(),
      onReveal: () => void reveal(),
      onChange: (given: () => void) => {
        redraw = given;
      },
    }),
    // A terminal is a terminal, also where the environment says CI.
    { interactive: true, alternateScreen: true, incrementalRendering: true, maxFps: 10, exitOnCtrlC: true },
  );
  const end = followAlerts({
    lab,
    since: null,
    onAlert: (alert) => {
      alerts.put(alertIn(language, alert));
      redraw();
    },
    onState: (link) => {
      state.link = link;
      redraw();
    },
    onHello: (seq) => {
      if (alerts.size() === 0 && alerts.oldestSeq() === 0 && seq > 0) {
        alerts.setOldestSeq(seq);
        void loadOlder();
      }
      void loadCoverage();
    },
    onFatal: (error) => {
      fatal = error;
      screen.unmount();
    },
  });
  const coverageTimer = setInterval(() => void loadCoverage(), COVERAGE_EVERY_MS);
  const onSignal = () => screen.unmount();
  process.once('SIGTERM', onSignal).once('SIGHUP', onSignal);
  try {
    await screen.waitUntilExit();
  } finally {
    clearInterval(coverageTimer);
    end();
  }
  if (fatal) throw fatal;
  return 0;
}
