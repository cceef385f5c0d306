/**
 * For exchanges that a recorder has cut out of their connection: what the readers find inside a body (gRPC) and inside the
 * messages of a WebSocket (MQTT), as they do on a live connection.
 */
import type { Flow } from '../model/flow.ts';
import type { ExchangeReader } from '../model/recording.ts';
import { openMessageBody } from './body.ts';
import { ReaderContext } from './layer.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { MqttLayer } from './mqtt.ts';
import { isMqtt } from './websocket.ts';

export function openExchange(flow: Flow): ExchangeReader {
  const context = new ReaderContext(flow, DEFAULT_LIMITS);
  return {
    openBody: ({ exchange, direction, headers, path }) => openMessageBody(context, exchange, direction, headers, path),
    openMessages: (exchange, headers) => (isMqtt(headers) ? new MqttLayer(context, exchange) : null),
  };
}
