/**
 * A whole guided case on the simulated Nokia, as its tester sees it: `plan run` says what to do, this does it to the phone, whose
 * traffic (that of the replays, before and after the update) goes through the lab's proxy. Stopped in the middle, and gone on with.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { formatDevices } from '../../src/devices/format.ts';
import type { PlanView } from '../../src/model/plan.ts';
import type { Phone, PhoneRequest, ReplayCase } from '../../src/replay/case.ts';
import { nokia7Plus } from '../../src/replay/cases/nokia-7-plus.ts';
import { nokia7PlusFixed } from '../../src/replay/cases/nokia-7-plus-fixed.ts';
import { sendThroughProxy } from '../../src/replay/phone.ts';
import { startVendors } from '../../src/replay/vendor-servers.ts';
import { type LabProcess, startLab } from './lab-process.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
const PLAN = path.join(import.meta.dirname, 'guided-nokia.yaml');
export const NOKIA = 'nokia-7-plus-01';

export interface GuidedCase {
  lab: LabProcess;
  caseId: string;
  verdict: string;
  /** Number of the step at which it was stopped, and of the one with which it went on. */
  stoppedAt: number;
  wentOnAt: number;
  /** Exit codes and errors of both. */
  ended: [number | null, string][];
  end(): Promise<void>;
}

/** @param reactsAfterMs how long the phone takes after it was unlocked */
export async function runGuidedCase(reactsAfterMs: (unlock: number) => number = () => 0): Promise<GuidedCase> {
  const vendors = await startVendors([...nokia7Plus.vendors, ...nokia7PlusFixed.vendors], Date.now());
  const dir = await mkdtemp(path.join(tmpdir(), 'guided-'));
  const map = path.join(dir, 'map.json');
  await writeFile(map, JSON.stringify(vendors.upstream));
  const device = { ...nokia7Plus.device(), id: NOKIA };
  const devices = formatDevices([device], 'yaml', () => '');
  const lab = await startLab({ devices, args: ['--upstream-map', map] });
  const caPem = await readFile(lab.ready.ca.pem, 'utf8');
  const [before, after] = [await requestOf(nokia7Plus), await requestOf(nokia7PlusFixed)];
  let isUpdated = false;
  let acts = 0;

  /** What the phone does when the plan waits for it. */
  async function react({ step }: PlanView): Promise<void> {
    if (step?.phase === 'after-update') isUpdated = true;
    if (step?.wait === undefined) return;
    await setTimeout(reactsAfterMs(acts++));
    await sendThroughProxy({ deviceId: NOKIA, proxy: lab.phone.proxy, caPem }, isUpdated ? after : before);
  }

  const end = async (): Promise<void> => {
    await lab.stop();
    await vendors.stop();
    await rm(dir, { recursive: true });
  };
  try {
    const first = await followPlan(lab, react, 8);
    const second = await followPlan(lab, react, null);
    if (second.verdict === null) throw new Error('the plan ended without a verdict');
    const { case: caseId, verdict } = second.verdict;
    const ended = [first, second].map(({ code, stderr }): [number | null, string] => [code, stderr]);
    return { lab, caseId, verdict, stoppedAt: first.last, wentOnAt: second.first, ended, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The request that a replay repeats. */
async function requestOf(replay: ReplayCase): Promise<PhoneRequest> {
  const sent: PhoneRequest[] = [];
  const phone: Phone = {
    note: () => {},
    async request(request) {
      sent.push(request);
      return { status: 200, body: Buffer.alloc(0) };
    },
  };
  await replay.phone(phone, async () => {}, { vendorPublicKey: '' });
  const [request] = sent;
  if (request === undefined) throw new Error(`${replay.name} sends nothing`);
  return request;
}

/** @param stopAt Ctrl-C when this step is to be done; null: to its end */
async function followPlan(lab: LabProcess, react: (view: PlanView) => Promise<void>, stopAt: number | null) {
  const about = ['--firmware', '00WW_3_22C', '--sim', 'none', '--tester', 'N. Lan', '--place', 'Hà Nội'];
  const args = ['plan', 'run', PLAN, '--device', NOKIA, '--data', lab.dataDir, '--json', ...about];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const numbers: number[] = [];
  let verdict: { case: string; verdict: string } | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line) as { type: string } & PlanView & { verdict: string };
    if (told.type === 'verdict') verdict = told;
    else {
      numbers.push(told.number);
      await act(child, told, react, stopAt);
    }
  }
  if (child.exitCode === null) await once(child, 'exit');
  return { first: numbers[0] ?? -1, last: numbers.at(-1) ?? -1, verdict, code: child.exitCode, stderr };
}

async function act(
  { stdin, pid }: ChildProcess,
  view: PlanView,
  react: (view: PlanView) => Promise<void>,
  stopAt: number | null,
): Promise<void> {
  if (view.state === 'wait') return react(view);
  if (view.number === stopAt && pid !== undefined) return void process.kill(pid, 'SIGINT');
  stdin?.write('\n');
  if (view.step?.wait === undefined) await react(view);
}
