/**
 * New connections are begun a few of each phone at a time: a phone that opens a thousand at once waits for itself, and the others'
 * come in between. Costs a table look-up, and a timer while connections come.
 */
export interface Turns {
  /** Now, or in one of the phone's next turns. */
  begin(who: string, start: () => void): void;
  close(): void;
}

/** A browser opens six at once to each of some servers. */
const PER_TURN = 16;
const TURN_MS = 10;

interface Queue {
  begun: number;
  waiting: (() => void)[];
}

export function createTurns(): Turns {
  const queues = new Map<string, Queue>();
  let timer: NodeJS.Timeout | null = null;

  const turn = (): void => {
    for (const [who, queue] of queues) {
      if (queue.begun === 0 && queue.waiting.length === 0) queues.delete(who);
      const next = queue.waiting.splice(0, PER_TURN);
      queue.begun = next.length;
      for (const start of next) start();
    }
    if (queues.size > 0) timer?.refresh();
    else timer = null;
  };

  return {
    begin(who, start) {
      let queue = queues.get(who);
      if (queue === undefined) {
        queue = { begun: 0, waiting: [] };
        queues.set(who, queue);
        timer ??= setTimeout(turn, TURN_MS);
      }
      if (queue.begun >= PER_TURN) {
        queue.waiting.push(start);
        return;
      }
      queue.begun++;
      start();
    },
    close() {
      if (timer) clearTimeout(timer);
      timer = null;
      queues.clear();
    },
  };
}
