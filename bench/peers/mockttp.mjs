/** mockttp that passes everything on and records nothing. Prints `ready PORT`. Plain JavaScript: its types are not installed with the project's. */
import { readFileSync } from 'node:fs';
import { generateCACertificate, getLocal } from 'mockttp';

const [, upstreamCaFile = ''] = process.argv.slice(2);
const server = getLocal({ https: await generateCACertificate(), http2: true, recordTraffic: false });
await server
  .forUnmatchedRequest()
  .thenPassThrough({ additionalTrustedCAs: [{ cert: readFileSync(upstreamCaFile, 'utf8') }] });
await server.start();
console.log(`ready ${server.port}`);
