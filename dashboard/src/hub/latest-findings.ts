/** Findings, the latest first: asked anew when the hub took something in, earlier ones when somebody asks. What is kept is bounded. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ToldAlert } from '../../../src/model/hub.ts';
import { askHub } from './ask.ts';
import { taken } from './connection.ts';

const MOST = 2000;

export interface LatestFindings {
  /** Null: not asked yet. */
  alerts: readonly ToldAlert[] | null;
  hasMore: boolean;
  refusal: string | null;
  more(): void;
}

const keyOf = ({ lab, id, unit }: ToldAlert): string => `${lab} ${id} ${unit}`;

/** @param filters as the hub understands them */
export function useFindings(filters: string, pageSize: number): LatestFindings {
  const [alerts, setAlerts] = useState<readonly ToldAlert[] | null>(null);
  const [hasMore, setMore] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const question = useRef(filters);
  const isAsking = useRef(false);

  async function load(before: string | null): Promise<void> {
    const mine = question.current;
    if (isAsking.current && before === null) return;
    isAsking.current = true;
    try {
      const query = new URLSearchParams(mine);
      query.set('limit', String(pageSize));
      if (before !== null) query.set('before', before);
      const found = await askHub<{ alerts: ToldAlert[] }>(`/api/alerts?${query}`);
      if (mine !== question.current) return;
      setRefusal(null);
      setAlerts((known) =>
        joined(before === null ? found.alerts : [], known ?? [], before === null ? [] : found.alerts),
      );
      if (before !== null || alerts === null) setMore(found.alerts.length === pageSize);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      isAsking.current = false;
    }
  }
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    question.current = filters;
    isAsking.current = false;
    setAlerts(null);
    void latest.current(null);
  }, [filters]);
  useSignalEffect(() => {
    if (taken.value > 0) void latest.current(null);
  });
  return {
    alerts,
    hasMore,
    refusal,
    more: () => void load(alerts?.at(-1)?.lastSeen ?? null),
  };
}

/** One that came again takes the place of its earlier version. */
function joined(newer: readonly ToldAlert[], known: readonly ToldAlert[], older: readonly ToldAlert[]): ToldAlert[] {
  const byKey = new Map([...older, ...known, ...newer].map((alert) => [keyOf(alert), alert]));
  return [...byKey.values()]
    .sort((one, other) => other.lastSeen.localeCompare(one.lastSeen) || keyOf(one).localeCompare(keyOf(other)))
    .slice(0, MOST);
}
