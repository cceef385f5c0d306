/**
 * The gateway of one data directory: printed, brought up, looked at, taken down.
 * Promise: `up` changes nothing when something is in the way; what it changed is noted before, in a file, so that `down`
 * undoes it after a crash as well; both may be run twice. Rules come first and go last: phones are never forwarded unseen.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { AddedPeer, GatewayCheck, GatewayControl, GatewayStatus, TakenDown } from '../model/gateway.ts';
import { LabError } from '../model/lab.ts';
import { type Text, type TextValue, text } from '../model/text.ts';
import { type GatewayConfig, parseGatewayConfig, phoneSides } from './config.ts';
import { daemons } from './daemons.ts';
import { kernelSettings } from './kernel-settings.ts';
import { links } from './links.ts';
import { type Machine, thisMachine } from './machine.ts';
import type { Dependencies, Part } from './part.ts';
import { run } from './part.ts';
import { preflight } from './preflight.ts';
import { printGateway } from './printout.ts';
import { readRefused, rules, tableOwner } from './rules.ts';
import {
  bootIdOf,
  copyPath,
  type GatewayState,
  parseState,
  readRunningState,
  runDirectory,
  saveState,
  statePath,
} from './state.ts';
import { applyPeers, readTunnel, tunnel } from './tunnel.ts';
import { addPeer, addressesOf, peersPath, readPeers, savePeers } from './tunnel-peers.ts';

/** In the order of `up`; `down` goes backwards. */
const PARTS: Part[] = [rules, tunnel, links, kernelSettings, daemons];

export interface GatewayOptions {
  dataDir: string;
  /** Null: `DATA/gateway.yaml`. */
  configFile: string | null;
  machine?: Machine;
  now?: () => number;
}

/** @throws LabError when there is no configuration, or a broken one */
export function openGateway(options: GatewayOptions): GatewayControl {
  const { dataDir, machine = thisMachine(), now = Date.now } = options;
  const config = readGatewayConfig(options.configFile ?? join(dataDir, 'gateway.yaml'));
  const runDir = runDirectory(dataDir);
  const dependencies = (state: GatewayState, tell: (step: Text) => void): Dependencies => ({
    machine,
    config,
    dataDir,
    runDir,
    state,
    save: () => saveState(machine, dataDir, state),
    now,
    tell,
  });

  return {
    print: (reveal) => printGateway({ config, dataDir, runDir, machine, reveal }),
    up(tell) {
      const before = readState(machine, dataDir);
      const alike = before !== null && shapeOf(before.config) === shapeOf(config);
      const running = alike && tableOwner(machine, dataDir) === 'ours';
      const found = preflight({ machine, config, dataDir, running });
      const problem = found.find(({ state }) => state === 'fail');
      if (problem) throw labError(text('gateway.problem', { name: problem.name, ...saidOf(problem) }));
      // Another configuration is undone first: nothing of it would be known afterwards.
      if (before && !alike) takeDown(dataDir, tell, machine);
      const state = alike ? before : freshState(machine, config, now());
      state.config = config;
      const gateway = dependencies(state, tell);
      gateway.save();
      try {
        for (const part of PARTS) part.up(gateway);
      } catch (error) {
        tell(text('gateway.step.failed'));
        takeDown(dataDir, tell, machine);
        throw error;
      }
      return found.map((one) => text('gateway.warning', saidOf(one)));
    },
    status() {
      const state = readRunningState(dataDir);
      const problems = preflight({ machine, config, dataDir, running: state !== null });
      const gateway = dependencies(state ?? freshState(machine, config, now()), () => {});
      const status: GatewayStatus = {
        up: state !== null,
        checks: state ? PARTS.flatMap((part) => part.check(gateway)) : problems,
        refused: state ? readRefused(machine) : [],
        peers: readTunnel(machine, config, knownPeers(machine, dataDir)),
      };
      return status;
    },
    addPeer(name): AddedPeer {
      const wireguard = wireguardOf(config);
      const added = addPeer(readPeers(machine, dataDir), wireguard, name);
      savePeers(machine, dataDir, added.list);
      const addresses = addressesOf(wireguard, added.peer.number);
      return { name, ...addresses, config: added.config, applied: apply() };
    },
    removePeer(name) {
      wireguardOf(config);
      const list = readPeers(machine, dataDir);
      const peers = list.peers.filter((peer) => peer.name !== name);
      if (peers.length === list.peers.length) return false;
      savePeers(machine, dataDir, { ...list, peers });
      apply();
      return true;
    },
    peers: () => readTunnel(machine, config, knownPeers(machine, dataDir)),
  };

  /** Tells a tunnel that is up of its new phones; false when it is down or this is not root. */
  function apply(): boolean {
    const state = readRunningState(dataDir);
    if (!machine.isRoot || !state) return false;
    const gateway = dependencies(state, () => {});
    applyPeers(gateway, readPeers(machine, dataDir));
    gateway.save();
    return true;
  }
}

/** As a part of a sentence. */
const saidOf = ({ found, advice, text: told }: GatewayCheck): { found: TextValue; advice: TextValue } => ({
  found: told?.found ?? found,
  advice: told?.advice ?? advice ?? '',
});

/** Undoes whatever `up` did on this data directory; needs no configuration file. */
export function takeDown(dataDir: string, tell: (step: Text) => void, machine: Machine = thisMachine()): TakenDown {
  const state = readState(machine, dataDir);
  const owner = tableOwner(machine, dataDir);
  if (!state && owner !== 'ours') {
    // A file of another boot, or a broken one: nothing of it is true any more.
    if (machine.read(statePath(dataDir)) !== null && machine.isRoot) machine.remove(statePath(dataDir));
    return 'nothing';
  }
  if (!machine.isRoot) throw labError(text('gateway.not-root-down'));
  const runDir = runDirectory(dataDir);
  const gateway: Dependencies | null = state && {
    machine,
    config: state.config,
    dataDir,
    runDir,
    state,
    save: () => saveState(machine, dataDir, state),
    now: Date.now,
    tell,
  };
  if (gateway) for (const part of PARTS.toReversed()) part.down(gateway);
  else for (const part of [daemons, rules]) part.down({ machine, dataDir, runDir, tell } as Dependencies);
  machine.remove(runDir);
  machine.remove(statePath(dataDir));
  return state ? 'all' : 'part';
}

/** For the doctor: nothing where no gateway is configured. */
export function checkGateway(dataDir: string, machine: Machine = thisMachine()): GatewayCheck[] {
  if (machine.read(join(dataDir, 'gateway.yaml')) === null) return [];
  try {
    const { checks } = openGateway({ dataDir, configFile: null, machine }).status();
    return checks.map((check) => ({ ...check, name: `gw ${check.name}` }));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const advice = text('gateway.configuration');
    const told = { found: (error instanceof LabError && error.text) || run(found), advice };
    return [{ name: 'gateway', state: 'fail', found, advice: say(advice), text: told }];
  }
}

/** @throws LabError */
export function readGatewayConfig(path: string): GatewayConfig {
  if (!existsSync(path)) throw labError(text('gateway.no-file', { path }));
  return parseGatewayConfig(readFileSync(path, 'utf8'), path);
}

/** Null when it is of another boot: then nothing of what it says is there any more. */
function readState(machine: Machine, dataDir: string): GatewayState | null {
  const states = [copyPath(dataDir), statePath(dataDir)].map((path) => parseState(machine.read(path) ?? ''));
  return states.find((state) => state?.bootId === bootIdOf(machine)) ?? null;
}

/** What cannot be changed while it is up without undoing it first. */
const shapeOf = (config: GatewayConfig): string => JSON.stringify([phoneSides(config), config.uplink, config.mode]);

function freshState(machine: Machine, config: GatewayConfig, now: number): GatewayState {
  return {
    v: 1,
    bootId: bootIdOf(machine),
    startedAt: new Date(now).toISOString(),
    config,
    sysctls: {},
    addresses: [],
    raised: [],
    peers: [],
  };
}

function wireguardOf(config: GatewayConfig): NonNullable<GatewayConfig['wireguard']> {
  if (config.wireguard) return config.wireguard;
  throw labError(text('gateway.no-tunnel'));
}

/** Without a file there are no phones; none is made for looking. */
function knownPeers(machine: Machine, dataDir: string): ReturnType<typeof readPeers> {
  return machine.read(peersPath(dataDir)) === null ? { v: 1, privateKey: '', peers: [] } : readPeers(machine, dataDir);
}
