/** Lines that a person types, or that come through a pipe, one at a time. */
import { createInterface } from 'node:readline';

export interface Lines {
  /** Resolves to true with the next one; to false when there will be none. */
  next(): Promise<boolean>;
  /** Drops what was typed too early. What comes through a pipe was never typed too early, and stays. */
  forget(): void;
  isOver(): boolean;
  close(): void;
}

export function openLines(input: NodeJS.ReadStream = process.stdin): Lines {
  // Not as a terminal: then Ctrl-C stays what it is.
  const reader = createInterface({ input, terminal: false });
  let waiting = 0;
  let isOver = false;
  let tell = (): void => {};
  reader.on('line', () => {
    waiting++;
    tell();
  });
  reader.on('close', () => {
    isOver = true;
    tell();
  });
  return {
    async next() {
      if (waiting === 0 && !isOver)
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      if (waiting === 0) return false;
      waiting--;
      return true;
    },
    forget() {
      if (input.isTTY) waiting = 0;
    },
    isOver: () => isOver && waiting === 0,
    close() {
      reader.close();
      input.destroy();
    },
  };
}
