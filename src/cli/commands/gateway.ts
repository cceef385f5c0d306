/**
 * `phonehome gateway …`: interception without a proxy setting. A small helper: `up` and `down` need root and end at once;
 * the lab itself runs without. `print` shows beforehand all that `up` would do.
 */

import { say as inEnglish } from '../../formats/say.ts';
import type { GatewayControl, GatewayStatus } from '../../model/gateway.ts';
import { LabError } from '../../model/lab.ts';
import type { Text } from '../../model/text.ts';
import { wantsColour } from '../colour.ts';
import { openDeviceStore } from '../device-store.ts';
import { checkLines } from '../doctor/check.ts';
import { UsageError } from '../errors.ts';
import { findRunningLab } from '../lab-state.ts';
import { loadLab } from '../main-module.ts';
import { print, printJson, tell } from '../output.ts';
import { qrCode } from '../qr-code.ts';
import { table } from '../table.ts';
import { inWords, words } from '../words.ts';

interface GatewayFlags {
  data: string;
  json: boolean;
  gatewayConfig: string | null;
  reveal?: boolean;
}

async function open({ data, gatewayConfig }: GatewayFlags): Promise<GatewayControl> {
  return await (await loadLab()).openGateway({ dataDir: data, configFile: gatewayConfig });
}

/** Steps go to stderr: stdout belongs to the result. */
const told = (step: Text): void => tell(inWords(step));

export async function up(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as GatewayFlags;
  const gateway = await open(flags);
  const warnings = gateway.up(told);
  if (flags.json) printJson({ type: 'gateway', up: true, warnings: warnings.map((warning) => inEnglish(warning)) });
  else {
    for (const warning of warnings) tell(`! ${inWords(warning)}`);
    print(words('gateway.is-up'));
    if (!findRunningLab(flags.data)) print(words('gateway.no-lab'));
  }
  return 0;
}

export async function down(given: Record<string, unknown>): Promise<number> {
  const { data, json } = given as unknown as GatewayFlags;
  const undone = await (await loadLab()).takeGatewayDown(data, told);
  if (json) printJson({ type: 'gateway', up: false, wasUp: undone !== 'nothing', undone });
  else print(words(`gateway.was.${undone}`));
  return undone === 'part' ? 1 : 0;
}

/** Exit code 1 when it is down or something must be mended. */
export async function status(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as GatewayFlags;
  const found = (await open(flags)).status();
  if (flags.json) printJson({ type: 'gateway', ...found });
  else print(...statusLines(found));
  return found.up && !found.checks.some(({ state }) => state === 'fail') ? 0 : 1;
}

function statusLines({ up: isUp, checks, refused, peers }: GatewayStatus): string[] {
  const lines = [words(isUp ? 'gateway.up' : 'gateway.down'), ''];
  lines.push(...checkLines(checks, wantsColour()));
  if (peers.length > 0)
    lines.push(
      '',
      ...table([
        (['phone', 'address', 'seen', 'received', 'sent'] as const).map((name) => words(`gateway.head.${name}`)),
        ...peers.map((peer) => [
          peer.name,
          peer.address,
          peer.lastHandshake ?? words('gateway.never'),
          `${peer.received}`,
          `${peer.sent}`,
        ]),
      ]),
    );
  if (refused.length > 0)
    lines.push(
      '',
      words('gateway.refused'),
      ...table([
        (['what', 'phone', 'destination', 'port', 'packets'] as const).map((name) => words(`gateway.head.${name}`)),
        ...refused.map((one) => [one.what, one.client, one.destination, `${one.port}`, `${one.packets}`]),
      ]),
    );
  return lines;
}

export async function printFiles(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as GatewayFlags;
  for (const file of (await open(flags)).print(flags.reveal === true)) {
    if (flags.json) printJson({ type: 'file', ...file });
    else print(`# ===== ${file.name}`, `# ${file.purpose}`, '', file.text);
  }
  return 0;
}

export async function wireguard(given: Record<string, unknown>, [verb = '', name = '']: string[]): Promise<number> {
  const flags = given as unknown as GatewayFlags;
  if (verb === 'list' && !name) return await listPeers(flags);
  if ((verb !== 'add' && verb !== 'remove') || !name) throw new UsageError(words('tunnel.usage'));
  return verb === 'add' ? await addPeer(flags, name) : await removePeer(flags, name);
}

async function addPeer(flags: GatewayFlags, name: string): Promise<number> {
  const peer = (await open(flags)).addPeer(name);
  await registerPhone(flags.data, name);
  if (flags.json) {
    printJson({ type: 'peer', ...peer });
    return 0;
  }
  const columns = process.stdout.columns ?? 80;
  const code = qrCode(peer.config, columns, wantsColour());
  print(
    words('tunnel.scan', { name }),
    code ?? words('tunnel.narrow', { columns }),
    '',
    peer.config,
    peer.address6
      ? words('tunnel.addresses', { name, address: peer.address, address6: peer.address6 })
      : words('tunnel.address', { name, address: peer.address }),
    words(peer.applied ? 'tunnel.answered' : 'tunnel.not-yet'),
  );
  return 0;
}

/** A phone nobody registered is shown by its address; one entry gives it its name. */
async function registerPhone(data: string, name: string): Promise<void> {
  try {
    const store = await openDeviceStore(data);
    if (!(await store.list(false)).some(({ id }) => id === name)) await store.put({ id: name }, 'add');
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const reason = error.text ?? error.message;
    tell(`! ${words('tunnel.not-registered', { name, reason })}`);
  }
}

async function removePeer(flags: GatewayFlags, name: string): Promise<number> {
  if (!(await open(flags)).removePeer(name)) throw new LabError(words('tunnel.unknown', { name }));
  if (flags.json) printJson({ type: 'peer', name, removed: true });
  else print(words('tunnel.removed', { name }));
  return 0;
}

async function listPeers(flags: GatewayFlags): Promise<number> {
  const peers = (await open(flags)).peers();
  if (flags.json) for (const peer of peers) printJson({ type: 'peer', ...peer });
  else if (peers.length === 0) print(words('tunnel.empty'));
  else
    print(
      ...table([
        [words('gateway.head.phone'), words('gateway.head.address'), 'IPv6', words('gateway.head.seen')],
        ...peers.map((peer) => [peer.name, peer.address, peer.address6 ?? '', peer.lastHandshake ?? '']),
      ]),
    );
  return 0;
}
