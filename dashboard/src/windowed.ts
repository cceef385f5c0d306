/**
 * Rows of a long list, fetched in pages as they are looked at: what is kept is bounded, what is on its way is asked for once, and
 * an answer to an earlier question changes nothing any more.
 */
import { type Signal, signal } from '@preact/signals';

export interface Page<T> {
  rows: readonly T[];
  /** Of all that fit. */
  total: number;
}

export interface Windowed<T> {
  /** Null: not asked yet. */
  total: Signal<number | null>;
  /** Grows when rows came: what is drawn from `at` is drawn again. */
  version: Signal<number>;
  /** The line of a refusal; null: none. */
  refusal: Signal<string | null>;
  isAsking: Signal<boolean>;
  /** The row, or undefined while it is on its way. */
  at(index: number): T | undefined;
  /** Asks for what is not there yet of these rows. */
  want(first: number, last: number): void;
  /** Another question: everything is asked anew. What was shown stays until the first answer. */
  ask(question: (offset: number, limit: number) => Promise<Page<T>>): void;
}

export const PAGE_ROWS = 100;
const MOST_PAGES = 40;

export function createWindowed<T>(): Windowed<T> {
  const total = signal<number | null>(null);
  const version = signal(0);
  const refusal = signal<string | null>(null);
  const isAsking = signal(false);
  let question: ((offset: number, limit: number) => Promise<Page<T>>) | null = null;
  let pages = new Map<number, readonly T[]>();
  let asked = new Set<number>();

  async function load(page: number): Promise<void> {
    if (question === null || asked.has(page)) return;
    const mine = question;
    const isFirst = asked.size === 0;
    asked.add(page);
    isAsking.value = true;
    try {
      const answer = await mine(page * PAGE_ROWS, PAGE_ROWS);
      if (mine !== question) return;
      if (isFirst) pages = new Map();
      pages.delete(page);
      pages.set(page, answer.rows);
      // The page looked at longest ago goes.
      for (const [old] of pages) {
        if (pages.size <= MOST_PAGES) break;
        pages.delete(old);
        asked.delete(old);
      }
      total.value = answer.total;
      refusal.value = null;
      version.value++;
    } catch (error) {
      if (mine !== question) return;
      asked.delete(page);
      refusal.value = error instanceof Error ? error.message : String(error);
    } finally {
      if (mine === question) isAsking.value = false;
    }
  }

  return {
    total,
    version,
    refusal,
    isAsking,
    at: (index) => pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS],
    want(first, last) {
      for (let page = Math.floor(first / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page++) void load(page);
    },
    ask(next) {
      question = next;
      asked = new Set();
      void load(0);
    },
  };
}
