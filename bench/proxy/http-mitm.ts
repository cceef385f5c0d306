/**
 * http-mitm-proxy as well tuned as its options allow: kept-alive connections on both sides, one server for all names
 * (without it each name costs an RSA key and a server). Prints `ready PORT`.
 */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { Proxy as MitmProxy } from 'http-mitm-proxy';

const [dir = '', upstreamCaFile = ''] = process.argv.slice(2);
const proxy = new MitmProxy();
proxy.onError((_context, error) => console.error(String(error)));
proxy.listen(
  {
    host: '127.0.0.1',
    port: 0,
    sslCaDir: dir,
    keepAlive: true,
    forceSNI: true,
    httpsAgent: new Agent({ keepAlive: true, maxSockets: 256, ca: readFileSync(upstreamCaFile, 'utf8') }),
  },
  (error) => {
    if (error) throw error;
    console.log(`ready ${proxy.httpPort}`);
  },
);
