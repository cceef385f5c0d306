/**
 * Plays one case through a running lab: vendors up, upstream map and phone registered, the script, everything undone.
 * Promise: what was added to the lab is removed again however the replay ends, and a request that a vendor never
 * received is an error, so that "nothing was found" cannot mean "nothing was sent".
 */
import type { Device } from '../model/device.ts';
import type { Mark, Phone, ReplayCase, VendorRequest } from './case.ts';
import { ensureOperatorKey } from './operator-key.ts';
import { sendThroughProxy } from './phone.ts';
import { startVendors, type UpstreamEntry } from './vendor-servers.ts';

type Remove = () => void | Promise<void>;

/** What a replay needs of the lab. */
export interface ReplayLab {
  proxy: { host: string; port: number };
  /** The lab's root certificate. */
  caPem: string;
  /** Operator keys are kept below it. */
  dataDir: string;
  addUpstream(entries: UpstreamEntry[]): Remove | Promise<Remove>;
  addUpstreamCa(pem: string): Remove | Promise<Remove>;
  addDevice(device: Device): Remove | Promise<Remove>;
  mark(phase: string): void | Promise<void>;
  onStep(step: ReplayStep): void;
  now(): number;
}

/** Something a person may want to read while a case plays. Never contains an identifier. */
export interface ReplayStep {
  case: string;
  type: 'opened' | 'phase' | 'request' | 'note';
  text: string;
  /** Null for the title. */
  mark: Mark | null;
  label: string | null;
}

export interface ReplayRun {
  case: string;
  received: VendorRequest[];
}

/** Throws one line that names the case when the lab cannot be used or lost a request. */
export async function runReplay(replay: ReplayCase, lab: ReplayLab): Promise<ReplayRun> {
  const say = (type: ReplayStep['type'], text: string, mark: Mark | null): void =>
    lab.onStep({ case: replay.name, type, text, mark, label: replay.label });
  const vendorPublicKey = replay.operatorKey ? await ensureOperatorKey(lab.dataDir, replay.operatorKey) : '';
  const device = replay.device();
  const vendors = await startVendors(replay.vendors, lab.now());
  const undo: Remove[] = [vendors.stop];
  let sent = 0;

  const phone: Phone = {
    note: (text, mark) => say('note', text, mark),
    async request(request) {
      say('request', `${request.method} ${request.shown}`, request.mark);
      sent++;
      try {
        const answer = await sendThroughProxy({ deviceId: device.id, proxy: lab.proxy, caPem: lab.caPem }, request);
        if (vendors.received.length === sent) return answer;
        const said = answer.body.toString('utf8', 0, 200).split('\n')[0];
        throw new Error(`the lab answered ${answer.status} in the vendor's place: ${said}`);
      } catch (error) {
        throw new Error(`${replay.name}: ${request.method} ${request.shown} did not arrive: ${reason(error)}`);
      }
    },
  };

  try {
    say('opened', replay.title, null);
    undo.push(await lab.addUpstream(vendors.upstream));
    if (vendors.caPem) undo.push(await lab.addUpstreamCa(vendors.caPem));
    undo.push(await lab.addDevice(device));
    await replay.phone(
      phone,
      async (phase, text, mark) => {
        await lab.mark(phase);
        say('phase', text, mark);
      },
      { vendorPublicKey },
    );
    return { case: replay.name, received: vendors.received };
  } finally {
    for (const remove of undo.reverse()) await remove();
  }
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  if (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name))
    return 'no answer in two minutes, this machine is too busy or too slow';
  return error instanceof Error ? error.message : String(error);
}

/** One plain line per step, e.g. `[D] → POST http://zzhc.vnet.cn/`. */
export function formatStep(step: ReplayStep): string {
  const label = step.label ? ` (${step.label})` : '';
  switch (step.type) {
    case 'opened':
      return `── ${step.case}: ${step.text}${label}`;
    case 'request':
      return `   [${step.mark}] → ${step.text}${label}`;
    case 'phase':
    case 'note':
      return `   [${step.mark}] ${step.text}`;
  }
}
