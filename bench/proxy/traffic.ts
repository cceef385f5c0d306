/**
 * What the phones of the benchmark send: telemetry of about 1 KB as apps send it, nobody's values in it. No two requests
 * are alike, in head or in body, through all rounds and contestants of a run: otherwise a cache would be measured.
 */

export interface AppRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

const EVENTS = ['screen_view', 'button_tap', 'network_state', 'sync_done', 'ad_slot'];
const WORDS = 'north harbour rain later wind from the west clearing towards evening light frost inland'.split(' ');
const BODY_BYTES = 1024;
const FIRST_TIME = 1_700_000_000_000;

let serial = 0;

/** 32 bits that look random, the same for the same number in every run (the finalizer of MurmurHash3). */
export function scatter(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

export function nextRequest(): AppRequest {
  const own = serial++;
  const id = `${own.toString(36)}-${scatter(own).toString(36)}`;
  let body = `{"app":"weather","version":"4.12.${own % 40}","locale":"nb-NO","batch":"${id}","events":[`;
  for (let at = 0; body.length < BODY_BYTES - 150; at++) {
    const bits = scatter(own * 16 + at);
    const event = EVENTS[bits % EVENTS.length];
    const session = `s-${bits.toString(36)}`;
    body += `${at > 0 ? ',' : ''}{"event":"${event}","at":${FIRST_TIME + own * 977 + at},"session":"${session}","value":${(bits >>> 8) % 100}}`;
  }
  body += `],"note":"${own}`;
  for (let at = 0; body.length < BODY_BYTES - 2; at++) body += ` ${WORDS[scatter(own + at) % WORDS.length]}`;
  body += '"}';
  return {
    path: `/v2/events/${id}?seq=${own}`,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
      'user-agent': `Weather/4.12.${own % 40} (Linux; Android 9; Nokia 7 plus) okhttp/4.12.0`,
      accept: 'application/json',
      'x-request-id': `r-${scatter(own + 7).toString(36)}-${own}`,
      cookie: `sid=${scatter(own + 11).toString(36)}${id}`,
    },
    body,
  };
}

/** The bytes of an HTTP/1.1 request. ASCII only, so that characters are bytes. */
export function http1Text(host: string, { path, headers, body }: AppRequest, method = 'POST'): string {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  return `${head}\r\n${body}`;
}
