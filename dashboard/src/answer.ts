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
 * @param question parameters of the call, which alone tell one question from another; null: nothing is asked
 * @param everyMs asked anew so often while somebody looks; 0: only when the lab comes back
 */
export function useAnswer<T, Q>(
  question: Q | null,
  call: (question: Q) => Parameters<typeof ask<T>>[0],
  everyMs = 0,
): Answer<T> {
  const [answer, setAnswer] = useState<Omit<Answer<T>, 'again'>>({ value: null, refusal: null });
  const key = question === null ? null : JSON.stringify(question);
  const asked = useRef<string | null>(null);
  const load = async (): Promise<void> => {
    if (question === null) return;
    const isSame = asked.current === key;
    asked.current = key;
    if (!isSame) setAnswer({ value: null, refusal: null });
    try {
      const value = await ask(call(question));
      if (asked.current === key) setAnswer({ value, refusal: null });
    } catch (error) {
      const refusal = error instanceof LabRefusal ? error : new LabRefusal(String(error), 0);
      if (asked.current === key) setAnswer((before) => ({ ...before, refusal }));
    }
  };
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (key !== null) void latest.current();
  }, [key]);
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
