/** What an exchange turned its connection (HTTP/1) or its stream (HTTP/2) into: enough to choose the reader that goes on. */
export interface Upgrade {
  exchange: number;
  /** Lower-case upgrade token (`websocket`, `h2c`…), or `connect`. */
  protocol: string;
  /** Target of the request. */
  path: string;
  request: [string, string][];
  response: [string, string][];
}
