/** Ready-made plans, and those of an operator's own: read from YAML or JSON, with the line of what is wrong. */

import { readdir, readFile } from 'node:fs/promises';
import { errorLine } from '../formats/error-line.ts';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import { issueText } from '../formats/schema-problem.ts';
import { problemText, readValues } from '../formats/yaml-document.ts';
import type { Plan } from '../model/plan.ts';
import { plan as schema } from '../model/schemas/plan.ts';
import { text } from '../model/text.ts';

const READY = new URL('./ready/', import.meta.url);
/** A hundred steps in two languages are 100 KB. */
const MAX_TEXT = 1_000_000;

let given: readonly Plan[] = [];

/** Plans of a hub, listed with the ready-made ones from now on, in place of those given before and of ready-made ones of their name. */
export function givePlans(plans: readonly Plan[]): void {
  given = plans;
}

export async function listPlans(): Promise<Plan[]> {
  const files = (await readdir(READY)).filter((file) => file.endsWith('.yaml')).sort();
  const ready = await Promise.all(
    files.map(async (file) => parsePlan(await readFile(new URL(file, READY), 'utf8'), file)),
  );
  return [...ready.filter(({ name }) => !given.some((plan) => plan.name === name)), ...given];
}

/** @throws LabError that names those there are */
export async function planNamed(name: string): Promise<Plan> {
  const all = await listPlans();
  const found = all.find((plan) => plan.name === name);
  if (found) return found;
  throw labError(text('records.no-plan', { name, names: all.map((plan) => plan.name).join(', ') }));
}

/** @throws LabError of one line */
export async function readPlan(file: string): Promise<Plan> {
  let written: string;
  try {
    written = await readFile(file, 'utf8');
  } catch (error) {
    throw labError(text('records.unread', { file, error: (error as NodeJS.ErrnoException).code ?? errorLine(error) }));
  }
  return parsePlan(written, file);
}

/** @throws LabError, e.g. `my.yaml:7: steps.0.wait: needs minutes or seconds` */
export function parsePlan(written: string, fileName: string): Plan {
  if (written.length > MAX_TEXT) throw labError(text('records.large-plan', { file: fileName }));
  const values = readValues(written, 'typed');
  if (!values.ok) throw labError(problemText(fileName, values.problem));
  const read = schema.safeParse(values.value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = (issue?.path ?? []) as (string | number)[];
  const line = values.lineOf(...path) || values.lineOf(...path.slice(0, -1));
  const field = path.length > 0 ? path.join('.') : null;
  const why = issue ? issueText(issue, values.value) : text('input.own.no-plan');
  throw labError(problemText(fileName, { line, field, problem: say(why), text: why }));
}
