/**
 * The flows that are open: opens them, counts their bytes, hands copies to the observer, closes each exactly once.
 * Promise: `flow-opened` first, `flow-closed` last, nothing after it; an observer that throws is reported once and
 * never felt by the relay. Bytes of a flow that is not intercepted are counted but not shown: they are ciphertext.
 */
import { monotonicFactory } from 'ulid';
import type { LiveFlow, Log } from '../model/connection.ts';
import { faultOf } from '../model/fault.ts';
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';

export interface Observer {
  event(event: FlowEvent): void;
  /** A copy of what went by, after TLS. Called while it is being relayed; must not keep `chunk` beyond the call. */
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number): void;
  /** That side will send no more. */
  end?(flowId: string, direction: Direction, time: number): void;
  /** `hold` pauses and resumes the connection: called when its phone sends faster than it can be read. */
  control?(flowId: string, hold: (isHeld: boolean) => void): void;
}

/** `engine` only where it is not the one all flows have. */
export type FlowFacts = Omit<Flow, 'id' | 'engine'> & Partial<Pick<Flow, 'engine'>>;

export interface Flows {
  open(facts: FlowFacts, stop: () => void): LiveFlow;
  /** Ends every open flow as `lab-stopped`, and any opened later at once. */
  stop(): void;
  readonly size: number;
}

export function createFlows(options: {
  observe: Observer;
  now: () => number;
  log: Log;
  engine: Flow['engine'];
}): Flows {
  const { observe, now, log } = options;
  const live = new Map<LiveFlow, () => void>();
  // Ids need to be unlike each other, not secret: the library's own source of chance costs 0.1 ms per id.
  const ulid = monotonicFactory(Math.random);
  let complained = false;
  let stopped = false;

  const complain = (error: unknown) => {
    if (complained) return;
    complained = true;
    log.error({ ...faultOf(error) }, 'reading the traffic failed; relaying goes on (said once)');
  };
  const emit = (event: FlowEvent) => {
    try {
      observe.event(event);
    } catch (error) {
      complain(error);
    }
  };

  const open: Flows['open'] = (facts, stop) => {
    const flow: Flow = { id: ulid(now()), engine: options.engine, ...facts };
    let bytesUp = 0;
    let bytesDown = 0;
    let closed = false;
    const show = (direction: Direction, chunk: Buffer) => {
      if (!flow.intercepted || closed) return;
      try {
        observe.bytes(flow.id, direction, chunk, now());
      } catch (error) {
        complain(error);
      }
    };
    const handle: LiveFlow = {
      flow,
      up(chunk) {
        bytesUp += chunk.length;
        show('request', chunk);
      },
      down(chunk) {
        bytesDown += chunk.length;
        show('response', chunk);
      },
      end(direction) {
        if (!flow.intercepted || closed) return;
        try {
          observe.end?.(flow.id, direction, now());
        } catch (error) {
          complain(error);
        }
      },
      count(direction, bytes) {
        if (direction === 'request') bytesUp += bytes;
        else bytesDown += bytes;
      },
      emit(event) {
        if (!closed) emit(event);
      },
      control(hold) {
        if (flow.intercepted && !closed) observe.control?.(flow.id, hold);
      },
      close(reason, detail = null) {
        if (closed) return;
        closed = true;
        live.delete(handle);
        emit({ type: 'flow-closed', flowId: flow.id, time: now(), reason, detail, bytesUp, bytesDown });
      },
    };
    live.set(handle, stop);
    emit({ type: 'flow-opened', flow, time: now() });
    if (stopped) {
      handle.close('lab-stopped');
      stop();
    }
    return handle;
  };

  return {
    open,
    stop() {
      stopped = true;
      for (const [handle, stop] of [...live]) {
        handle.close('lab-stopped');
        stop();
      }
    },
    get size() {
      return live.size;
    },
  };
}
