/** `phonehome doctor`: looks at everything the lab needs and says what to do. Exit code 1 when something would keep it from working. */
import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { wantsColour } from '../colour.ts';
import { type Check, checkLines, fail } from '../doctor/check.ts';
import {
  checkAuthority,
  checkDevices,
  checkDirectory,
  checkDisk,
  checkGeo,
  checkRetention,
  checkSecrets,
} from '../doctor/data.ts';
import { checkAddress, checkClock, checkNode, checkTools } from '../doctor/machine.ts';
import { checkLab, checkPort } from '../doctor/network.ts';
import { explain } from '../errors.ts';
import { findRunningLab } from '../lab-state.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson } from '../output.ts';
import { words } from '../words.ts';

interface DoctorFlags {
  data: string;
  json: boolean;
  host: string;
  proxyPort: number;
  uiPort: number;
  retentionDays: number;
}

export async function doctor(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as DoctorFlags;
  const checks = [...checkMachine(flags), ...(await checkNetwork(flags)), ...(await checkStored(flags))];
  if (flags.json) for (const check of checks) printJson({ type: 'check', ...check });
  else print(...lines(checks, wantsColour()));
  return checks.some((check) => check.state === 'fail') ? 1 : 0;
}

function checkMachine({ data, retentionDays }: DoctorFlags): Check[] {
  const ownFile = new URL('../../../package.json', import.meta.url);
  return [
    checkNode(process.versions.node),
    checkClock(Date.now(), statSync(ownFile).mtimeMs),
    checkAddress(networkInterfaces()),
    checkDirectory(data),
    checkDisk(data),
    checkSecrets(data),
    checkRetention(findRunningLab(data)?.retentionDays ?? retentionDays),
    ...checkTools(process.env.PATH ?? ''),
  ];
}

async function checkNetwork({ data, host, proxyPort, uiPort }: DoctorFlags): Promise<Check[]> {
  const state = findRunningLab(data);
  if (state) return await checkLab(state);
  return [await checkPort('proxy-port', host, proxyPort), await checkPort('ui-port', host, uiPort)];
}

/** What only the lab's own code can read. A part that cannot even be loaded is a finding, not a crash. */
async function checkStored({ data }: DoctorFlags): Promise<Check[]> {
  try {
    const lab = await loadLab();
    const [authority, devices, geo, gateway] = await Promise.allSettled([
      lab.readAuthority(data),
      lab.openDevices(data),
      lab.listGeoDatabases(data),
      lab.checkGateway(data),
    ]);
    const unreadable = (name: string, reason: unknown) =>
      fail(name, explain(reason), words('doctor.look-at', { place: data }));
    return [
      authority.status === 'fulfilled'
        ? checkAuthority(authority.value, Date.now())
        : unreadable('certificate', authority.reason),
      checkDevices(() => {
        if (devices.status === 'rejected') throw devices.reason;
        return devices.value;
      }),
      ...(geo.status === 'fulfilled' ? checkGeo(geo.value) : [unreadable('geo', geo.reason)]),
      ...(gateway.status === 'fulfilled' ? gateway.value : [unreadable('gateway', gateway.reason)]),
    ];
  } catch (error) {
    return [fail('installation', explain(error), words('doctor.npm'))];
  }
}

function lines(checks: Check[], colour: boolean): string[] {
  const out = checkLines(checks, colour);
  const failed = checks.filter((check) => check.state === 'fail').length;
  const warned = checks.filter((check) => check.state === 'warn').length;
  return [
    ...out,
    '',
    failed > 0
      ? words('doctor.mend', { number: failed })
      : warned > 0
        ? words('doctor.look', { number: warned })
        : words('doctor.fine'),
  ];
}
