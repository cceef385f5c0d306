/** The nftables table and, for tproxy, the routing rule: loaded, recognised, counted, removed. */

import { foreignPackets, parseChains, parseCounted, TABLE } from '../formats/nft-json.ts';
import { labError } from '../formats/refusal.ts';
import type { GatewayCheck, RefusedAttempts } from '../model/gateway.ts';
import { type Text, text } from '../model/text.ts';
import { type GatewayConfig, phoneSides } from './config.ts';
import { listens } from './interfaces.ts';
import type { Machine } from './machine.ts';
import { fail, must, ok, type Part, warn } from './part.ts';
import { anyOf, removeRuleset, ruleset, TABLE_COMMENT, TPROXY_MARK, TPROXY_TABLE } from './ruleset.ts';
import { gatewayId } from './state.ts';

/** Whose table of our name is in the kernel: null when there is none, or when it cannot be asked without root. */
export function tableOwner(machine: Machine, dataDir: string): 'ours' | 'other data directory' | 'foreign' | null {
  const ran = machine.run('nft', ['list', 'table', 'inet', TABLE]);
  if (!ran.ok) return null;
  const comment = /^\s*comment "([^"]*)"/m.exec(ran.out.slice(0, 300))?.[1];
  if (!comment?.startsWith(TABLE_COMMENT)) return 'foreign';
  return comment === `${TABLE_COMMENT} ${gatewayId(dataDir)}` ? 'ours' : 'other data directory';
}

export const rules: Part = {
  up({ machine, config, dataDir, tell }) {
    must(machine.run('nft', ['-f', '-'], ruleset(config, gatewayId(dataDir))), text('gateway.cannot.rules'));
    removeRouting(machine);
    if (config.mode === 'tproxy') addRouting(machine);
    tell(text('gateway.step.rules', { table: TABLE, port: config.transparentPort, mode: config.mode }));
  },
  down({ machine, dataDir, tell }) {
    removeRouting(machine);
    const owner = tableOwner(machine, dataDir);
    if (owner !== 'ours') return;
    const ran = machine.run('nft', ['-f', '-'], removeRuleset);
    tell(
      ran.ok
        ? text('gateway.step.no-rules', { table: TABLE })
        : text('gateway.step.rules-left', { table: TABLE, why: ran.why }),
    );
  },
  check({ machine, config, dataDir }) {
    const owner = tableOwner(machine, dataDir);
    const table: GatewayCheck =
      owner === 'ours'
        ? ok('rules', text('gateway.table', { table: TABLE }))
        : owner !== null
          ? fail('rules', text('gateway.table-of-other', { table: TABLE }), foreignAdvice(owner))
          : machine.isRoot
            ? fail('rules', text('gateway.no-table', { table: TABLE }), text('gateway.again'))
            : warn('rules', text('gateway.table-unknown'), text('gateway.this-root'));
    const { transparentPort } = config;
    return [
      table,
      listens(machine, transparentPort)
        ? ok('listener', text('gateway.port', { port: transparentPort }))
        : fail('listener', text('gateway.no-listener', { port: transparentPort }), text('gateway.no-listener.do')),
      listens(machine, config.uiPort)
        ? ok('set-up page', text('gateway.port', { port: config.uiPort }))
        : warn('set-up page', text('gateway.no-page', { port: config.uiPort }), text('gateway.no-page.do')),
      ...checkForeign(machine),
      ...otherFirewalls(machine, config),
    ];
  },
};

export function foreignAdvice(owner: 'other data directory' | 'foreign'): Text {
  return owner === 'foreign' ? text('gateway.foreign-table.do', { table: TABLE }) : text('gateway.other-gateway.do');
}

/** A phone with a static address of another network, or one that borrows an address. */
function checkForeign(machine: Machine): GatewayCheck[] {
  const ran = machine.run('nft', ['-j', 'list', 'counters', 'table', 'inet', TABLE]);
  if (!ran.ok) return [];
  const packets = foreignPackets(ran.out);
  return packets > 0
    ? [warn('addresses', text('gateway.foreign-packets', { packets }), text('gateway.foreign-packets.do'))]
    : [];
}

/** A packet needs the consent of every table: another firewall that drops by default keeps phones from being served. */
export function otherFirewalls(machine: Machine, config: GatewayConfig): GatewayCheck[] {
  const ran = machine.run('nft', ['-j', 'list', 'chains']);
  if (!ran.ok) return [];
  return parseChains(ran.out).flatMap((chain) => {
    if (chain.family === 'inet' && chain.table === TABLE) return [];
    if (chain.policy !== 'drop' || (chain.hook !== 'input' && chain.hook !== 'forward')) return [];
    const { family, table, name } = chain;
    const rule = (said: string): string => `nft 'insert rule ${family} ${table} ${name} ${said}'`;
    const lan = anyOf(phoneSides(config).map((side) => side.interface));
    // Answers come in by the uplink: a chain that drops them as well is not helped by the first rule alone.
    const answers = chain.hook === 'input' ? '' : ` && ${rule(`oifname ${lan} ct state established,related accept`)}`;
    return [
      warn(
        'firewall',
        text(`gateway.firewall.${chain.hook}`, { chain: `table ${family} ${table}, chain ${name}` }),
        text('gateway.firewall.do', { command: `${rule(`iifname ${lan} accept`)}${answers}` }),
      ),
    ];
  });
}

const RULE = ['fwmark', TPROXY_MARK, 'lookup', TPROXY_TABLE];

function addRouting(machine: Machine): void {
  for (const family of ['-4', '-6']) {
    const rule = machine.run('ip', [family, 'rule', 'add', ...RULE]);
    const route = machine.run('ip', [
      family,
      'route',
      'replace',
      'local',
      'default',
      'dev',
      'lo',
      'table',
      TPROXY_TABLE,
    ]);
    const failed = [rule, route].find((ran) => !ran.ok);
    // A machine without IPv6 has no table for it either.
    if (failed && !failed.ok && family === '-4')
      throw labError(text('gateway.cannot', { what: text('gateway.cannot.tproxy'), why: failed.why }));
  }
}

function removeRouting(machine: Machine): void {
  for (const family of ['-4', '-6']) {
    // Once per rule: `up` after a crash may have added it twice.
    for (let left = 8; left > 0 && machine.run('ip', [family, 'rule', 'del', ...RULE]).ok; ) left--;
    machine.run('ip', [family, 'route', 'flush', 'table', TPROXY_TABLE]);
  }
}

/** What the rules refused in the last hour, per phone and destination; empty without root. */
export function readRefused(machine: Machine): RefusedAttempts[] {
  const ran = machine.run('nft', ['-j', 'list', 'sets', 'table', 'inet', TABLE]);
  return (ran.ok && parseCounted(ran.out)?.refused) || [];
}
