/** What the first bytes of a connection say about what it is and where it is to go. Pure. */

/** Request heads are shorter; servers take 8 to 64 KB. */
export const LONGEST_HEAD = 64 * 1024;

/** RFC 8446 5.1: change of cipher, alert, handshake or application data, version 3.x. */
export function isTlsRecord(bytes: Buffer): boolean {
  return bytes.length >= 3 && bytes[0]! >= 20 && bytes[0]! <= 23 && bytes[1] === 3 && bytes[2]! <= 4;
}

/** May more of an HTTP head come, which names the server? */
export function isHeadOpen(sent: string): boolean {
  return /^[A-Z]{1,20}(?: |$)/.test(sent) && sent.length < LONGEST_HEAD && !/\r?\n\r?\n/.test(sent);
}

export interface Asked {
  host: string | null;
  /** Null: the one that was called. */
  port: number | null;
  /** How a proxy was asked; null when none was. */
  through: 'http-connect' | 'http-absolute' | null;
}

/** Null: it does not begin with an HTTP request. */
export function askedIn(sent: string): Asked | null {
  const [, method, target = ''] = /^([A-Z]{1,20}) (\S+) HTTP\/1/.exec(sent) ?? [];
  if (method === undefined) return null;
  if (method === 'CONNECT') {
    const url = URL.parse(`tunnel://${target}`);
    return { host: bare(url?.hostname ?? '') || null, port: Number(url?.port) || 443, through: 'http-connect' };
  }
  const url = /^https?:\/\//i.test(target) ? URL.parse(target) : null;
  if (url) return { host: bare(url.hostname), port: Number(url.port) || 80, through: 'http-absolute' };
  const [, host = ''] = /\r?\nhost:[ \t]*([^\r\n]*)/i.exec(sent.split(/\r?\n\r?\n/, 1)[0] ?? '') ?? [];
  return { host: bare(host.trim().replace(/:\d+$/, '')) || null, port: null, through: null };
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase();
