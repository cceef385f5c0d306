/** Kernel settings: the values before are noted, so that `down` restores them. */

import type { GatewayCheck } from '../model/gateway.ts';
import { text } from '../model/text.ts';
import { type Dependencies, fail, ok, type Part, warn } from './part.ts';
import { type Sysctl, sysctlPath, sysctls } from './service-files.ts';

/** Without these nothing is forwarded, or settings do not reach this machine at all: anything else is a matter of comfort. */
const NEEDED = /forward/;

export const kernelSettings: Part = {
  up(dependencies) {
    const { machine, config, state, save, tell } = dependencies;
    let changed = 0;
    for (const setting of sysctls(config)) {
      const before = readSetting(dependencies, setting);
      if (before === null || sameValue(before, setting.value)) continue;
      // A value of our own is not what was before: the first `up` after a boot knows.
      state.sysctls[setting.name] ??= before;
      save();
      const ran = machine.set(sysctlPath(setting.name), setting.value);
      if (ran.ok) changed++;
      else {
        const what = { name: setting.name, why: ran.why };
        tell(NEEDED.test(setting.name) ? text('gateway.step.not-set-udp', what) : text('gateway.step.not-set', what));
      }
    }
    if (changed > 0) tell(text('gateway.step.kernel', { count: changed }));
  },
  down({ machine, config, state, tell }) {
    let restored = 0;
    for (const setting of sysctls(config).reverse()) {
      const before = state.sysctls[setting.name];
      if (before !== undefined && machine.set(sysctlPath(setting.name), before).ok) restored++;
    }
    state.sysctls = {};
    if (restored > 0) tell(text('gateway.step.kernel-back', { count: restored }));
  },
  check(dependencies) {
    const wrong = sysctls(dependencies.config).filter((setting) => {
      const value = readSetting(dependencies, setting);
      return value !== null && !sameValue(value, setting.value);
    });
    const list = wrong.map(({ name, value }) => text('gateway.kernel-setting', { name, value }));
    return [
      wrong.length === 0
        ? ok('kernel', text('gateway.kernel'))
        : warn('kernel', text('gateway.kernel-settings', { list }), text('gateway.kernel.do')),
      ...checkTable(dependencies),
    ];
  },
};

const NEARLY_FULL = 0.8;

/** When it is full the kernel drops new connections of every phone, and says so in its own log only. */
function checkTable({ machine }: Dependencies): GatewayCheck[] {
  const number = (name: string): number => Number(machine.read(sysctlPath(`net.netfilter.${name}`)) ?? Number.NaN);
  const [count, most] = [number('nf_conntrack_count'), number('nf_conntrack_max')];
  if (!(count > most * NEARLY_FULL)) return [];
  const advice = text('gateway.connections.do', { most: most * 4 });
  const found = text('gateway.connections', { now: count, most });
  return [count >= most ? fail('connections', found, advice) : warn('connections', found, advice)];
}

const readSetting = ({ machine }: Dependencies, { name }: Sysctl): string | null =>
  machine.read(sysctlPath(name))?.trim() ?? null;
/** The kernel writes tabs between the two ends of a range. */
const sameValue = (a: string, b: string): boolean => a.split(/\s+/).join(' ') === b;
