/** `phonehome plan …`: leads through a ready-made test. The lab keeps how far it got, so that it goes on after any stop. */
import { isIP } from 'node:net';
import { extname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Case, type CaseFacts, phonesOf } from '../../model/case.ts';
import { PLAN_WORDS, type PlanWords } from '../../model/catalogue/plan-words.ts';
import { LabError } from '../../model/lab.ts';
import { inLanguage, type PlanView } from '../../model/plan.ts';
import { moment } from '../case-text.ts';
import { UsageError } from '../errors.ts';
import { addressOf, call, type LabAddress, listIn } from '../lab-client.ts';
import { type Lines, openLines } from '../lines.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson, status } from '../output.ts';
import { untilStopped } from '../stop-signal.ts';
import { table } from '../table.ts';
import { words as said } from '../words.ts';

interface PlanFlags extends Partial<Record<keyof CaseFacts, string | null>> {
  data: string;
  json: boolean;
  lang: 'en' | 'vi';
  device: string | null;
  title: string | null;
}

const ASK_EVERY_MS = 500;
const FACTS = ['model', 'units', 'firmware', 'sim', 'tester', 'place', 'purpose'] as const;

export async function list(given: Record<string, unknown>): Promise<number> {
  const { data, json, lang } = given as unknown as PlanFlags;
  const plans = await (await loadLab()).listPlans(data);
  if (json) for (const plan of plans) printJson({ type: 'plan', ...plan });
  else
    print(
      ...table(
        plans.map(({ name, title, about, steps }) => [
          name,
          inLanguage(title, lang),
          PLAN_WORDS[lang].steps(steps.reduce((sum, { times }) => sum + times, 0)),
          about === undefined ? '' : inLanguage(about, lang),
        ]),
      ),
    );
  return 0;
}

export async function run(given: Record<string, unknown>, [wanted = '']: string[]): Promise<number> {
  const flags = given as unknown as PlanFlags;
  const { data, json, lang, device } = flags;
  if (!device) throw new UsageError(said('plan.which'));
  const words = PLAN_WORDS[lang];
  const lab = addressOf({ data, url: null, token: null });
  const { id, title, isNew, begun } = await caseOf(lab, flags, device, wanted);
  if (!json) print(isNew ? words.begins(title) : words.goesOn(title, moment(begun)));
  const lines = openLines();
  const stop = new AbortController();
  void untilStopped().then(() => {
    stop.abort();
    lines.close();
  });
  const isOver = await follow(lab, id, lines, { json, lang, stop: stop.signal }).finally(() => lines.close());
  if (!isOver) {
    if (!json) print('', words.stopped(`phonehome plan run ${wanted} --device ${device}`));
    return 1;
  }
  const module = await loadLab();
  const verdict = await module.judgeCase(await module.readCase(data, id), lang);
  if (json) printJson({ type: 'verdict', case: id, verdict });
  else print('', words.verdict, verdict, '', words.report(`phonehome report ${id} --out report.pdf --lang ${lang}`));
  return 0;
}

/** The open case of this phone that follows the plan, or a new one. */
async function caseOf(lab: LabAddress, flags: PlanFlags, device: string, wanted: string) {
  const module = await loadLab();
  const isFile = ['.yaml', '.yml', '.json'].includes(extname(wanted).toLowerCase());
  const own = isFile ? await module.readPlan(wanted) : null;
  const name = own?.name ?? wanted;
  const open = listIn<Case>(await call(lab, 'GET', '/api/cases'), 'cases').find(
    (each) => each.closedAt === null && each.plan?.plan.name === name && phonesOf(each)?.includes(device),
  );
  if (open) return { id: open.id, title: open.title, isNew: false, begun: open.openedAt };
  await mustBeKnown(lab, device);
  const about = Object.fromEntries(FACTS.flatMap((fact) => (flags[fact] ? [[fact, flags[fact]]] : [])));
  const ready = own ?? (await module.listPlans(flags.data)).find((plan) => plan.name === name);
  const title = flags.title ?? (ready ? inLanguage(ready.title, flags.lang) : name);
  const made = (await call(lab, 'POST', '/api/cases', { title, deviceId: device, about, plan: own ?? name })) as Case;
  return { id: made.id, title, isNew: true, begun: made.openedAt };
}

/** A slip of the pen would be a test of a phone that never comes. @throws LabError */
async function mustBeKnown(lab: LabAddress, device: string): Promise<void> {
  const known = listIn<{ id: string }>(await call(lab, 'GET', '/api/devices'), 'devices').map(({ id }) => id);
  if (known.includes(device) || isIP(device) !== 0) return;
  const names = known.slice(0, 20).join(', ');
  throw new LabError(names ? said('plan.unknown-phone', { device, names }) : said('plan.no-phones', { device }));
}

/** Until the plan is over (true), or somebody stops it. @throws LabError when somebody is asked and nobody can answer */
async function follow(
  lab: LabAddress,
  id: string,
  lines: Lines,
  { json, lang, stop }: Pick<PlanFlags, 'json' | 'lang'> & { stop: AbortSignal },
): Promise<boolean> {
  const path = `/api/cases/${encodeURIComponent(id)}/plan`;
  const words = PLAN_WORDS[lang];
  let shown = '';
  while (!stop.aborted) {
    const view = (await call(lab, 'GET', path)) as PlanView;
    if (view.state === 'over') return true;
    const now = `${view.number} ${view.state}`;
    if (now !== shown) {
      if (json) printJson({ type: 'plan', ...view });
      else print(...describe(view, lang));
      if (view.state === 'do') lines.forget();
      shown = now;
    }
    const isAsked = view.state === 'do';
    const isDone = isAsked && view.step?.until === 'enter' ? false : view.isReady;
    if (isDone || (await answered(lines, isAsked ? view : null, stop))) {
      // Somebody else may have been faster: then there is something else to do.
      await call(lab, 'POST', path, { number: view.number }).catch(async (error: unknown) => {
        const after = (await call(lab, 'GET', path)) as PlanView;
        if (after.number === view.number) throw error;
      });
    } else if (!json && view.waitsUntil && !stop.aborted)
      status(words.left(spanUntil(view.waitsUntil), view.connections));
  }
  return false;
}

/** Whether a person said that it is done, within the time after which the lab is asked again. `asked`: null: nobody is. */
async function answered(lines: Lines, asked: PlanView | null, signal: AbortSignal): Promise<boolean> {
  if (asked?.step?.until === 'enter' && lines.isOver() && !signal.aborted) throw new LabError(said('plan.nobody'));
  const pause = setTimeout(ASK_EVERY_MS, false, { signal }).catch(() => false);
  return asked === null || lines.isOver() ? pause : Promise.race([lines.next(), pause]);
}

function describe(view: PlanView, lang: 'en' | 'vi'): string[] {
  const words: PlanWords = PLAN_WORDS[lang];
  const { step, number, of, round, state, waitsUntil } = view;
  if (step === null) return [];
  if (state === 'wait' && waitsUntil !== null) return [words.waits(spanUntil(waitsUntil), moment(waitsUntil))];
  const rounds = step.times > 1 ? ` ${words.round(round, step.times)}` : '';
  return [
    '',
    `${words.step(number + 1, of)} ${inLanguage(step.do, lang)}${rounds}`,
    step.until === 'traffic' ? words.traffic : words.enter,
  ];
}

/** `1:02:03`, or `4:05`. */
function spanUntil(iso: string): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(iso) - Date.now()) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (part: number): string => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
