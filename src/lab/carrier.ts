/** What carries HTTP in place of the relay when `--engine` asks for it; loaded only then, and its limits said at once. */
import type { Carrier, Log } from '../model/connection.ts';
import type { LabOptions } from '../model/lab.ts';

export async function openCarrier(
  engine: LabOptions['engine'],
  rooms: { now: () => number; log: Log },
  warnings: string[],
): Promise<{ carrier?: Carrier }> {
  if (engine === 'wire') return {};
  const [{ createMitmCarrier }, { MITM_LIMITS }] = await Promise.all([
    import('../mitm/carrier.ts'),
    import('../mitm/limits.ts'),
  ]);
  warnings.push(...MITM_LIMITS);
  return { carrier: createMitmCarrier(rooms) };
}
