/** An answer of the lab for as long as a page shows it: asked anew when the question changes, and when the lab comes back. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, history, LabRefusal } from './lab.ts';

export interface Answer<T> {
  value: T | null;
  /** Of the latest question. `status` 0: the lab did not answer. */
  refusal: LabRefusal | null;
  again(): void;
}

/**
 * @param path null: nothing is asked
 * @param everyMs asked anew so often while somebody looks; 0: only when the lab comes back
 */
export function useAnswer<T>(path: string | null, everyMs = 0): Answer<T> {
  const [answer, setAnswer] = useState<Omit<Answer<T>, 'again'>>({ value: null, refusal: null });
  const asked = useRef<string | null>(null);
  const load = async (): Promise<void> => {
    const mine = path;
    if (mine === null) return;
    const isSame = asked.current === mine;
    asked.current = mine;
    if (!isSame) setAnswer({ value: null, refusal: null });
    try {
      const value = await ask<T>(mine);
      if (asked.current === mine) setAnswer({ value, refusal: null });
    } catch (error) {
      const refusal = error instanceof LabRefusal ? error : new LabRefusal(String(error), 0);
      if (asked.current === mine) setAnswer((before) => ({ ...before, refusal }));
    }
  };
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (path !== null) void latest.current();
  }, [path]);
  useEffect(() => {
    if (everyMs === 0) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void latest.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  useSignalEffect(() => {
    if (history.value > 1) void latest.current();
  });
  return { ...answer, again: () => void latest.current() };
}
