/**
 * `phonehome trust-test …`: shows one connection of an app a bad certificate, to see whether it checks. Never by itself:
 * an app that does not check sends what it sends to a lab that shows it a bad certificate, as it would to a thief.
 */
import { setTimeout } from 'node:timers/promises';
import { LabError } from '../../model/lab.ts';
import type { TrustTestState } from '../../model/trust-test.ts';
import { addressOf, call, type LabAddress, listIn, type ReachFlags } from '../lab-client.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';
import { words } from '../words.ts';

interface TrustFlags extends ReachFlags {
  json: boolean;
  device: string | null;
  test: string;
  minutes: number;
  wait: boolean;
}

const ASK_EVERY_MS = 500;

export async function start(given: Record<string, unknown>, [name = '']: string[]): Promise<number> {
  const flags = given as unknown as TrustFlags;
  if (!flags.device) throw new LabError(words('trust.which'));
  const lab = addressOf(flags);
  const { device, test, minutes } = flags;
  const asked = (await call(lab, 'POST', '/api/trust-tests', { device, name, test, minutes })) as TrustTestState;
  if (!flags.wait) {
    tell(asked, flags.json, words('trust.waiting', { minutes, device, name: asked.name }));
    return 0;
  }
  if (!flags.json) print(words('trust.use-now', { device, name: asked.name }));
  const done = await outcomeOf(lab, asked.id);
  tell(done, flags.json, words(`trust.state.${done.state}`));
  return done.state === 'refused' ? 0 : 1;
}

export async function list(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as TrustFlags;
  const tests = await all(addressOf(flags));
  if (flags.json) for (const test of tests) printJson({ type: 'trust-test', ...test });
  else if (tests.length === 0) print(words('trust.none'));
  else
    print(
      ...table([
        (['id', 'phone', 'name', 'certificate', 'outcome', 'how'] as const).map((head) => words(`trust.head.${head}`)),
        ...tests.map(({ id, device, name, test, state, how }) => [
          id,
          device,
          name,
          test,
          words(`trust.outcome.${state}`),
          how ?? '–',
        ]),
      ]),
    );
  return 0;
}

export async function cancel(given: Record<string, unknown>, [id = '']: string[]): Promise<number> {
  const flags = given as unknown as TrustFlags;
  await call(addressOf(flags), 'DELETE', `/api/trust-tests/${encodeURIComponent(id)}`);
  if (!flags.json) print(words('trust.called-off'));
  return 0;
}

function tell(test: TrustTestState, json: boolean, sentence: string): void {
  if (json) printJson({ type: 'trust-test', ...test });
  else print(sentence);
}

async function all(lab: LabAddress): Promise<TrustTestState[]> {
  return listIn<TrustTestState>(await call(lab, 'GET', '/api/trust-tests'), 'trustTests');
}

async function outcomeOf(lab: LabAddress, id: string): Promise<TrustTestState> {
  for (;;) {
    const test = (await all(lab)).find((each) => each.id === id);
    if (!test) throw new LabError(words('trust.forgotten'));
    if (test.state !== 'waiting' && test.state !== 'running') return test;
    await setTimeout(ASK_EVERY_MS);
  }
}
