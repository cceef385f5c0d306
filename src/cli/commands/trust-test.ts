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
  if (!flags.device) throw new LabError('say which phone with --device (see phonehome device list)');
  const lab = addressOf(flags);
  const { device, test, minutes } = flags;
  const asked = (await call(lab, 'POST', '/api/trust-tests', { device, name, test, minutes })) as TrustTestState;
  if (!flags.wait) {
    tell(asked, flags.json, `Waiting ${minutes} minutes for ${device} to connect to ${asked.name}: use the app now.`);
    return 0;
  }
  if (!flags.json) print(`Use the app on ${device} now; waiting for its next connection to ${asked.name} …`);
  const done = await outcomeOf(lab, asked.id);
  tell(done, flags.json, VERDICTS[done.state]);
  return done.state === 'refused' ? 0 : 1;
}

export async function list(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as TrustFlags;
  const tests = await all(addressOf(flags));
  if (flags.json) for (const test of tests) printJson({ type: 'trust-test', ...test });
  else if (tests.length === 0) print('No trust test was asked for: phonehome trust-test start NAME --device ID');
  else
    print(
      ...table([
        ['id', 'phone', 'server name', 'certificate', 'outcome', 'how'],
        ...tests.map(({ id, device, name, test, state, how }) => [id, device, name, test, state, how ?? '–']),
      ]),
    );
  return 0;
}

export async function cancel(given: Record<string, unknown>, [id = '']: string[]): Promise<number> {
  const flags = given as unknown as TrustFlags;
  await call(addressOf(flags), 'DELETE', `/api/trust-tests/${encodeURIComponent(id)}`);
  if (!flags.json) print('Called off.');
  return 0;
}

const VERDICTS: Record<TrustTestState['state'], string> = {
  accepted: 'ACCEPTED: the app sent data. Anyone on the same Wi-Fi can read what this app sends.',
  refused: 'Refused: the app checks its certificates.',
  expired: 'Nobody came in time.',
  cancelled: 'Called off.',
  waiting: 'Still waiting.',
  running: 'Still running.',
};

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
    if (!test) throw new LabError('the lab has forgotten this test: was it restarted?');
    if (test.state !== 'waiting' && test.state !== 'running') return test;
    await setTimeout(ASK_EVERY_MS);
  }
}
