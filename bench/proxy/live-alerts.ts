/** The lab's live alerts over its WebSocket, awaited by the place a value was put in. */
import { WebSocket } from 'ws';
import type { LiveFrame } from '../../src/model/lab.ts';
import type { AppRequest } from './traffic.ts';

export interface LiveAlerts {
  /** The moment (`performance.now()`) of the first alert whose evidence has this path; null when it took longer. Ask before sending. */
  at(path: string, withinMs: number): Promise<number | null>;
  close(): void;
}

export async function openLiveAlerts(api: { url: string; token: string }): Promise<LiveAlerts> {
  const live = new WebSocket(`${api.url.replace('http', 'ws')}/api/alerts/live`, {
    headers: { authorization: `Bearer ${api.token}` },
  });
  const hello = Promise.withResolvers<void>();
  const awaited = new Map<string, () => void>();
  live.on('message', (data) => {
    const frame = JSON.parse(String(data)) as LiveFrame;
    if (frame.type === 'hello') hello.resolve();
    if (frame.type === 'alert') awaited.get(frame.alert.evidence?.path ?? '')?.();
  });
  live.on('error', hello.reject);
  await hello.promise;
  return {
    at(path, withinMs) {
      const { promise, resolve } = Promise.withResolvers<number | null>();
      const limit = setTimeout(() => resolve(null), withinMs);
      awaited.set(path, () => resolve(performance.now()));
      return promise.finally(() => {
        clearTimeout(limit);
        awaited.delete(path);
      });
    },
    close: () => live.terminate(),
  };
}

/** An app's request whose body ends in `"v<index>":"<value>"`: the value's last byte is the request's last but two. */
export function leakingRequest(index: number, value: string): AppRequest {
  const body = `{"app":"weather","events":"${`e${index} `.repeat(180)}","v${index}":"${value}"}`;
  return {
    path: `/v2/register/${index}`,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
  };
}
