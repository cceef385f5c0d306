/**
 * Packet captures (pcap, pcapng) through tshark, which puts the TCP segments in order and opens TLS with the secrets
 * embedded in the file or lying beside it; the bytes then take the same readers as live traffic.
 * Promise: every connection is accounted for: read, or named as closed to us (TLS without keys, QUIC).
 */
import { existsSync, statSync } from 'node:fs';
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import type { OpenReader, Recorded, StreamReader } from '../model/lab.ts';
import { type CaptureStream, listStreams } from './capture-streams.ts';
import { tshark } from './tshark.ts';

/** tshark holds what it follows in memory, and reads the file once per batch. */
const STREAMS_PER_PASS = 200;
/** Events handed on at a time: a large upload is never held as a whole. */
const EVENTS_PER_PART = 64;

export async function* readCapture(
  file: string,
  flowPrefix: string,
  openReader: OpenReader,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Recorded> {
  const keyLog = keyLogBeside(file);
  const { streams, quic } = await listStreams(file, keyLog);
  const size = statSync(file).size;
  const passes = Math.ceil(streams.length / STREAMS_PER_PASS);
  onBytes(Math.floor(size / (passes + 1)));
  for (let at = 0; at < streams.length; at += STREAMS_PER_PASS) {
    yield* followStreams(file, keyLog, streams.slice(at, at + STREAMS_PER_PASS), flowPrefix, openReader);
    onBytes(Math.floor(size / (passes + 1)));
  }
  if (quic > 0) yield { type: 'skipped', file, entry: null, reason: `${quic} QUIC connections: not looked into` };
  else if (streams.length === 0)
    yield { type: 'skipped', file, entry: null, reason: 'no TCP connection in this capture' };
}

/** `capture.pcapng.keys`, `capture.keys`, `capture.keylog`, or the file the environment names. */
function keyLogBeside(file: string): string | null {
  const stem = file.replace(/\.[^./]+$/, '');
  const places = [`${file}.keys`, `${file}.keylog`, `${stem}.keys`, `${stem}.keylog`, process.env.SSLKEYLOGFILE ?? ''];
  return places.find((place) => place && existsSync(place)) ?? null;
}

async function* followStreams(
  file: string,
  keyLog: string | null,
  streams: CaptureStream[],
  flowPrefix: string,
  openReader: OpenReader,
): AsyncGenerator<Recorded> {
  // tshark answers the last question first.
  const args = streams.toReversed().flatMap(({ number, tls }) => ['-z', `follow,${tls ? 'tls' : 'tcp'},raw,${number}`]);
  let current: Following | null = null;
  for await (const line of tshark(file, keyLog, ['-q', ...args])) {
    const began = /^Filter: tcp\.stream eq (\d+)/.exec(line);
    if (began) {
      if (current) yield* finish(file, current);
      const stream = streams.find(({ number }) => number === Number(began[1]));
      current = stream ? follow(stream, `${flowPrefix}${stream.number}`, openReader) : null;
      continue;
    }
    if (!current || !/^\t?[0-9a-f]+$/.test(line)) {
      if (current && line.startsWith('Node 0: '))
        current.firstNodeIsClient = line.endsWith(`:${current.stream.client.port}`);
      continue;
    }
    const fromSecond = line.startsWith('\t');
    const direction: Direction = fromSecond === current.firstNodeIsClient ? 'response' : 'request';
    current.read(direction, Buffer.from(line.trimStart(), 'hex'));
    if (current.events.length < EVENTS_PER_PART) continue;
    yield { type: 'part', file, entry: current.stream.number, events: current.events.splice(0) };
  }
  if (current) yield* finish(file, current);
}

interface Following {
  stream: CaptureStream;
  events: FlowEvent[];
  firstNodeIsClient: boolean;
  read(direction: Direction, bytes: Buffer): void;
  close(): string[];
}

function follow(stream: CaptureStream, flowId: string, openReader: OpenReader): Following {
  const { time } = stream;
  const flow = flowOf(stream, flowId);
  const events: FlowEvent[] = [];
  let reader: StreamReader | null = null;
  let readable = false;
  return {
    stream,
    events,
    firstNodeIsClient: true,
    read(direction, bytes) {
      if (!reader) {
        readable = true;
        events.push({ type: 'flow-opened', time, flow });
        reader = openReader(flow, null);
      }
      events.push(...reader.push(direction, bytes, time));
    },
    close() {
      const closed = stream.tls && !readable;
      if (!reader) {
        const unseen = { ...flow, intercepted: !closed, treatment: closed ? ('passthrough' as const) : flow.treatment };
        events.push({ type: 'flow-opened', time, flow: unseen });
      } else {
        events.push(...reader.end('request', time), ...reader.end('response', time), ...reader.close(time));
      }
      events.push({
        type: 'flow-closed',
        flowId,
        time,
        reason: 'ended',
        detail: null,
        bytesUp: stream.bytesUp,
        bytesDown: stream.bytesDown,
      });
      return closed ? ['TLS without its keys: not looked into'] : [];
    },
  };
}

function* finish(file: string, following: Following): Generator<Recorded> {
  const missing = following.close();
  yield { type: 'entry', file, entry: following.stream.number, events: following.events, missing };
}

function flowOf(stream: CaptureStream, id: string): Flow {
  const { client, server, host, sni, tls, time } = stream;
  return {
    id,
    openedAt: time,
    engine: 'wire',
    client,
    deviceId: null,
    arrival: 'transparent',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host: host ?? server.ip, port: server.port, ip: server.ip },
    encrypted: tls,
    intercepted: true,
    hello: tls ? { sni, alpn: [], ja4: null, ech: false, grease: false } : null,
    simulated: false,
  };
}
