/**
 * The door of this room: bytes of one connection in, flow events out, no sockets, no clocks, no throwing.
 * The reader is chosen by ALPN, else by the phone's first bytes. Events come out in the order of the bytes; their
 * `bytes` may be views of the pushed chunk, which stays untouched: who keeps them copies.
 * `flow-opened` and `flow-closed` are not a reader's to tell.
 */
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import { coalesce } from './coalesce.ts';
import type { Guess } from './first-bytes.ts';
import { Http1Layer } from './http1.ts';
import { Http2Layer } from './http2.ts';
import { type Layer, ReaderContext } from './layer.ts';
import { DEFAULT_LIMITS, type ReaderLimits } from './limits.ts';
import { MqttLayer } from './mqtt.ts';
import { ChoosingLayer } from './protocol-choice.ts';
import { RawLayer } from './raw.ts';
import type { Upgrade } from './upgrade.ts';
import { agreedDeflate, isMqtt, WebSocketLayer } from './websocket.ts';

/**
 * The most that a reader should be given at once: of frames of one byte this is some thousand events. No larger than a TLS record,
 * so that ordinary traffic is not cut; less where what is sent becomes longer.
 */
const PIECE_BYTES = 16 << 10;
const PIECE_BYTES_EXPANDING = 2 << 10;

export interface Reader {
  /** Whoever must not be kept for long pushes no more than this at once. */
  readonly pieceBytes: number;
  push(direction: Direction, chunk: Buffer, time: number): FlowEvent[];
  /** The phone has sent nothing for a while: what was held because more might come is handed on. */
  quiet(time: number): FlowEvent[];
  /** Something is still held back: `quiet` is worth calling again. */
  isHolding(): boolean;
  /** That direction is finished (EOF, half-close). */
  end(direction: Direction, time: number): FlowEvent[];
  /** The connection is gone: pending bodies end with `complete: false`. */
  close(time: number): FlowEvent[];
}

/** `alpn` is the protocol agreed with the phone, null for none or no TLS. */
export function createReader(flow: Flow, alpn: string | null, limits: Partial<ReaderLimits> = {}): Reader {
  const context = new ReaderContext(flow, { ...DEFAULT_LIMITS, ...limits });
  const layer = openByAlpn(context, alpn);
  let closed = false;
  return {
    get pieceBytes() {
      return context.expansion === null ? PIECE_BYTES : PIECE_BYTES_EXPANDING;
    },
    push(direction, chunk, time) {
      const out: FlowEvent[] = [];
      if (!closed) layer.push(direction, chunk, time, out);
      return coalesce(out);
    },
    quiet(time) {
      const out: FlowEvent[] = [];
      if (!closed) layer.quiet?.(time, out);
      return out;
    },
    isHolding: () => !closed && (layer.isHolding?.() ?? false),
    end(direction, time) {
      const out: FlowEvent[] = [];
      if (!closed) layer.end(direction, time, out);
      return out;
    },
    close(time) {
      const out: FlowEvent[] = [];
      if (!closed) layer.close(time, out);
      closed = true;
      return out;
    },
  };
}

function openByAlpn(context: ReaderContext, alpn: string | null): Layer {
  if (alpn === 'http/1.1' || alpn === 'http/1.0') return openHttp1(context, 0);
  if (alpn === 'mqtt') return new MqttLayer(context, context.nextExchange());
  if (alpn === 'h2') return openHttp2(context, 0, null);
  return openByBytes(context, 0);
}

function openByBytes(context: ReaderContext, depth: number): Layer {
  if (depth > context.limits.maxTunnelDepth) return new RawLayer(context);
  return new ChoosingLayer(context, (guess: Exclude<Guess, 'more'>) => {
    switch (guess) {
      case 'http1':
        return openHttp1(context, depth);
      case 'http2':
        return openHttp2(context, depth, null);
      case 'mqtt':
        return new MqttLayer(context, context.nextExchange());
      case 'raw':
        return new RawLayer(context);
    }
  });
}

function openHttp1(context: ReaderContext, depth: number): Layer {
  return new Http1Layer(context, (upgrade) => openUpgrade(context, upgrade, depth + 1));
}

function openHttp2(context: ReaderContext, depth: number, upgraded: Upgrade | null): Layer {
  return new Http2Layer(context, (upgrade) => openUpgrade(context, upgrade, depth + 1), upgraded);
}

function openUpgrade(context: ReaderContext, upgrade: Upgrade, depth: number): Layer {
  switch (upgrade.protocol) {
    case 'websocket':
      return openWebSocket(context, upgrade);
    case 'h2c':
      return openHttp2(context, depth, upgrade);
    default:
      return openByBytes(context, depth);
  }
}

function openWebSocket(context: ReaderContext, upgrade: Upgrade): Layer {
  const { exchange } = upgrade;
  const options = { exchange, deflate: agreedDeflate(upgrade.response) };
  if (!isMqtt(upgrade.response)) return new WebSocketLayer(context, options);
  return new WebSocketLayer(context, options, new MqttLayer(context, exchange));
}
