/** Joins what is told outside the lab to the store, the data directory and the phones' network. */
import { join } from 'node:path';
import { replaceFile } from '../formats/replace-file.ts';
import { say } from '../formats/say.ts';
import type { Alert } from '../model/alert.ts';
import { faultOf } from '../model/fault.ts';
import { LabError, RETENTION_DAYS } from '../model/lab.ts';
import type { NotifyConfig, NotifyState, SentTest } from '../model/notify.ts';
import { type Text, text } from '../model/text.ts';
import { stampOf } from '../notify/file-stamp.ts';
import { createNotifier, type Notifier, type ReceiverChange } from '../notify/notifier.ts';
import { type Outbox, openOutbox } from '../notify/outbox.ts';
import type { EditedFile, NotifyServices, Outcome } from '../sinks/live/dependencies.ts';
import type { Closers } from './closers.ts';
import type { Knowledge } from './knowledge.ts';
import { ownFiles } from './own-files.ts';
import { phonesNetworkOf } from './phones-network.ts';
import { attempt } from './services.ts';

const TICK_MS = 1000;
const DAY_MS = 86_400_000;
const NOTHING: NotifyConfig = { receivers: {}, rules: [], mutes: [] };

export type Notifying = NotifyServices & { take(alert: Alert): void };

/** @param notify the lab's own notices */
export async function openNotifying(
  { paths, options, evidence, devices, log, now }: Knowledge,
  notify: (subject: string, message: Text, severity: Alert['severity']) => void,
  closers: Closers,
): Promise<Notifying> {
  let config = NOTHING;
  let problem: Text | null = null;
  let stamp = '';
  let open: { notifier: Notifier; outbox: Outbox } | null = null;
  const fault = (error: unknown): void => log.error({ ...faultOf(error) }, 'alerts could not be sent on');
  const isPhones = phonesNetworkOf(options.data, () => devices.list());
  // Loaded when there is something to read: it needs zod, which takes 20 MB.
  const files = () => import('../notify/config-file.ts');

  async function openOnce(): Promise<{ notifier: Notifier; outbox: Outbox }> {
    if (open) return open;
    const { secretsIn } = await files();
    const outbox = openOutbox(paths.outbox);
    const seen = outbox.seen();
    if (seen?.epoch !== evidence.epoch()) outbox.see(evidence.epoch(), evidence.lastSeq());
    const notifier = createNotifier({
      outbox,
      config: () => config,
      alertOf: evidence.alert,
      alertsSince: (since) => evidence.alerts({ since }),
      secretOf: secretsIn(paths.secrets, ownFiles),
      isPhones,
      now,
      onChange: (change) => notify(`alerts to ${change.receiver}`, wordsFor(change), severityOf(change)),
      onFault: fault,
    });
    open = { notifier, outbox };
    return open;
  }

  async function look(isForced = false): Promise<void> {
    const found = stampOf(paths.notify);
    if (found === stamp && !isForced) return;
    stamp = found;
    try {
      const { loadConfig } = await files();
      config = loadConfig(paths.notify, ownFiles);
      problem = null;
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      problem = error.text ?? text('net.said', { said: error.message });
      notify('notify.yaml', text('notify.bad-file', { problem }), 'high');
    }
    if (Object.keys(config.receivers).length === 0) return;
    try {
      await openOnce();
    } catch (error) {
      // The lab goes on without: what it finds is stored and shown.
      problem = text('notify.outbox', { file: paths.outbox, code: faultOf(error).what });
      notify('notify.db', text('notify.bad-file', { problem }), 'high');
      fault(error);
    }
  }

  let prunedAt = now();
  let isLooking = false;
  function tick(): void {
    open?.notifier.tick();
    if (open && Math.abs(now() - prunedAt) > DAY_MS / 24) {
      prunedAt = now();
      open.outbox.prune(now() - ((options.retentionDays ?? RETENTION_DAYS) + 1) * DAY_MS);
    }
    if (isLooking || stampOf(paths.notify) === stamp) return;
    isLooking = true;
    look()
      .catch(fault)
      .finally(() => {
        isLooking = false;
      });
  }
  await look();
  const timer = setInterval(() => {
    try {
      tick();
    } catch (error) {
      fault(error);
    }
  }, TICK_MS).unref();
  closers.add(() => {
    clearInterval(timer);
    open?.notifier.flush();
    open?.notifier.stop();
    open?.outbox.close();
    open = null;
  });

  /** A change of the file, by the API. */
  async function change(edit: (file: EditedFile) => void): Promise<Outcome<null>> {
    const { editConfig } = await files();
    const edited = attempt(() => editConfig(paths.notify, edit));
    if (!edited.ok) return edited;
    await look(true);
    return { ok: true, value: null };
  }

  return {
    take: (alert: Alert): void => open?.notifier.take(alert),
    state(): NotifyState {
      const { receivers, rules, mutes } = open?.notifier.state() ?? {
        receivers: [],
        rules: config.rules,
        mutes: config.mutes.map((mute) => ({ ...mute, held: 0, isOver: false })),
      };
      return { file: paths.notify, problem: problem && say(problem), problemText: problem, receivers, rules, mutes };
    },
    config: () => config,
    change,
    async test(name: string): Promise<SentTest> {
      return (await openOnce()).notifier.test(name);
    },
    async retry(name: string): Promise<number> {
      const { notifier, outbox } = await openOnce();
      const count = outbox.retry(name, now());
      notifier.tick();
      return count;
    },
    putSecret: (name: string, secret: string): void => replaceFile(join(paths.secrets, name), `${secret}\n`),
  };
}

function wordsFor(change: ReceiverChange): Text {
  const { receiver } = change;
  if (change.type === 'works-again') return text('notify.works-again', { receiver, count: change.waiting });
  if (change.type === 'failing')
    return text('notify.failing', { receiver, detail: change.detail, count: change.waiting });
  return text('notify.given-up', { receiver, detail: change.detail, count: change.count });
}

const severityOf = ({ type }: ReceiverChange): Alert['severity'] =>
  type === 'works-again' ? 'info' : type === 'failing' ? 'medium' : 'high';
