/** What was opened is closed in the opposite order, each thing once. */

export interface Closers {
  add(close: () => void | Promise<void>): void;
  /** Closes everything; what fails does not keep the rest open. Safe to call twice. */
  close(): Promise<void>;
}

export function createClosers(onFault: (error: unknown) => void = () => {}): Closers {
  const closers: (() => void | Promise<void>)[] = [];
  return {
    add: (close) => void closers.push(close),
    async close() {
      for (let close = closers.pop(); close; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          onFault(error);
        }
      }
    },
  };
}
