/** What every real client is asked, and what it answers: the same words for curl, Python, Chromium, OkHttp and Node. */

export interface Lab {
  proxy: { host: string; port: number };
  /** Root certificate the client is given; null: a phone without the lab's CA. */
  caFile: string | null;
  /** Device name given to the proxy. */
  user?: string;
  /** Lines of an SSLKEYLOGFILE, of clients of this process. */
  onKeys?: (line: Buffer) => void;
}

export interface Ask {
  url: string;
  method?: string;
  headers?: [string, string][];
  body?: Buffer;
  timeoutMs?: number;
}

export interface Answer {
  /** The client itself was content: no error, no certificate warning. */
  ok: boolean;
  status: number | null;
  body: Buffer;
  /** What the client said about a failure, in its own words. */
  stderr: string;
}

export const proxyUrl = (lab: Lab): string =>
  `http://${lab.user ? `${encodeURIComponent(lab.user)}:@` : ''}${lab.proxy.host}:${lab.proxy.port}`;
