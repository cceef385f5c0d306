/**
 * Which room a sample belongs to: that of the innermost file of the house on its stack. What lies in shared code belongs to
 * the room that called it. Of V8's two sampling profilers: processor time, and bytes allocated, whether they are still there or not.
 */
import type { HeapProfiler, Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** The first that fits; the first part is the path below `src/`. */
const ROOMS: readonly [path: RegExp, room: string][] = [
  [/^(?:formats|model)\//, ''],
  [/^(?:inspect|kinds)\//, 'inspect'],
  [/^sinks\/evidence\/flow-log/, 'flow log'],
  [/^sinks\//, 'store'],
  [/^coverage\/|^lab\/coverage/, 'coverage'],
  [/^beacons\/|^lab\/beaconing/, 'beacons'],
  [/^lab\//, 'lab'],
  [/^(readers|enrich|compare|attribution|alert|ring)\//, '$1'],
];
export const GARBAGE = 'garbage collection';
const REST = 'rest of the process';

/** '' for shared code; null: not of the house. */
function roomOf(url: string): string | null {
  const [, path] = /\/src\/(.+)$/.exec(url) ?? [];
  if (path === undefined || url.includes('/node_modules/')) return null;
  for (const [test, room] of ROOMS) if (test.test(path)) return room === '$1' ? path.slice(0, path.indexOf('/')) : room;
  return path.slice(0, path.indexOf('/'));
}

export type ByRoom = Map<string, number>;

const add = (sums: ByRoom, room: string, amount: number): void => void sums.set(room, (sums.get(room) ?? 0) + amount);

/** Sampling and its results; one at a time. */
export async function openSampling() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  return {
    /** Samples of processor time while `work` runs, by room. */
    async time(work: () => Promise<void>): Promise<ByRoom> {
      // Often enough for a room of one in a hundred, seldom enough not to be what is measured.
      await session.post('Profiler.setSamplingInterval', { interval: 400 });
      await session.post('Profiler.start');
      await work();
      const { profile } = await session.post('Profiler.stop');
      return samplesByRoom(profile);
    },
    /** Bytes allocated in V8's heap while `work` runs, by room. */
    async garbage(work: () => Promise<void>): Promise<ByRoom> {
      const all = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
      await session.post('HeapProfiler.startSampling', { samplingInterval: 8192, ...all });
      await work();
      const { profile } = await session.post('HeapProfiler.stopSampling');
      const sums: ByRoom = new Map();
      bytesByRoom(profile.head, REST, sums);
      return sums;
    },
    close: () => session.disconnect(),
  };
}

function samplesByRoom({ nodes }: Profiler.Profile): ByRoom {
  const rooms = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sums: ByRoom = new Map();
  const visit = (node: Profiler.ProfileNode, outer: string): void => {
    const { functionName, url } = node.callFrame;
    const room = functionName === '(garbage collector)' ? GARBAGE : roomOf(url) || outer;
    rooms.set(node.id, room);
    if (functionName !== '(idle)') add(sums, room, node.hitCount ?? 0);
    for (const child of node.children ?? []) visit(byId.get(child)!, room);
  };
  if (nodes[0]) visit(nodes[0], REST);
  return sums;
}

function bytesByRoom(node: HeapProfiler.SamplingHeapProfileNode, outer: string, sums: ByRoom): void {
  const room = roomOf(node.callFrame.url) || outer;
  add(sums, room, node.selfSize);
  for (const child of node.children) bytesByRoom(child, room, sums);
}
