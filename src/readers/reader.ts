/**
 * The door of this room: bytes of one connection in, flow events out, no sockets, no clocks, no throwing.
 * The reader is chosen by ALPN, else by the phone's first bytes. Events come out in the order of the bytes; their
 * `bytes` may be views of the pushed chunk, which stays untouched: who keeps them copies.
 * `flow-opened` and `flow-closed` are not a reader's to tell.
 */
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import { ChoosingLayer } from './choosing.ts';
import { Http1Layer } from './http1.ts';
import { Http2Layer } from './http2.ts';
import { type Layer, Reading } from './layer.ts';
import { DEFAULT_LIMITS, type ReaderLimits } from './limits.ts';
import { MqttLayer } from './mqtt.ts';
import { RawLayer } from './raw.ts';
import type { Guess } from './sniff.ts';
import type { Upgrade } from './upgrade.ts';
import { agreedDeflate, WebSocketLayer } from './websocket.ts';

export interface Reader {
  push(direction: Direction, chunk: Buffer, time: number): FlowEvent[];
  /** That direction is finished (EOF, half-close). */
  end(direction: Direction, time: number): FlowEvent[];
  /** The connection is gone: pending bodies end with `complete: false`. */
  close(time: number): FlowEvent[];
}

/** `alpn` is the protocol agreed with the phone, null for none or no TLS. */
export function createReader(flow: Flow, alpn: string | null, limits: Partial<ReaderLimits> = {}): Reader {
  const reading = new Reading(flow, { ...DEFAULT_LIMITS, ...limits });
  const layer = openByAlpn(reading, alpn);
  let closed = false;
  return {
    push(direction, chunk, time) {
      const out: FlowEvent[] = [];
      if (!closed) layer.push(direction, chunk, time, out);
      return out;
    },
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

function openByAlpn(reading: Reading, alpn: string | null): Layer {
  if (alpn === 'http/1.1' || alpn === 'http/1.0') return openHttp1(reading, 0);
  if (alpn === 'mqtt') return new MqttLayer(reading, reading.nextExchange());
  if (alpn === 'h2') return openHttp2(reading, 0, null);
  return openByBytes(reading, 0);
}

function openByBytes(reading: Reading, depth: number): Layer {
  if (depth > reading.limits.maxTunnelDepth) return new RawLayer(reading);
  return new ChoosingLayer(reading, (guess: Exclude<Guess, 'more'>) => {
    switch (guess) {
      case 'http1':
        return openHttp1(reading, depth);
      case 'http2':
        return openHttp2(reading, depth, null);
      case 'mqtt':
        return new MqttLayer(reading, reading.nextExchange());
      case 'raw':
        return new RawLayer(reading);
    }
  });
}

function openHttp1(reading: Reading, depth: number): Layer {
  return new Http1Layer(reading, (upgrade) => openUpgrade(reading, upgrade, depth + 1));
}

function openHttp2(reading: Reading, depth: number, upgraded: Upgrade | null): Layer {
  return new Http2Layer(reading, (upgrade) => openUpgrade(reading, upgrade, depth + 1), upgraded);
}

function openUpgrade(reading: Reading, upgrade: Upgrade, depth: number): Layer {
  switch (upgrade.protocol) {
    case 'websocket':
      return openWebSocket(reading, upgrade);
    case 'h2c':
      return openHttp2(reading, depth, upgrade);
    default:
      return openByBytes(reading, depth);
  }
}

function openWebSocket(reading: Reading, upgrade: Upgrade): Layer {
  const { exchange } = upgrade;
  const options = { exchange, deflate: agreedDeflate(upgrade.response) };
  // MQTT 5.0 6: the subprotocol is `mqtt` (`mqttv3.1` before), packets may be cut anywhere by messages.
  const subprotocol = upgrade.response.find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1] ?? '';
  if (!/^mqtt/i.test(subprotocol)) return new WebSocketLayer(reading, options);
  return new WebSocketLayer(reading, options, new MqttLayer(reading, exchange));
}
