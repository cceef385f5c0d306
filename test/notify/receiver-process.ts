/**
 * A webhook receiver as a process of its own, to be killed: writes the id of every message it took to a file, on the disk before
 * it answers, and refuses an id it has met, as Standard Webhooks asks. `node receiver-process.ts PORT FILE SECRET [KILL_AFTER]`
 */
import { appendFileSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const [port = '0', file = '', secret = '', killAfter = '0'] = process.argv.slice(2);
const webhook = new Webhook(secret);
const met = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
const descriptor = openSync(file, 'a');
let taken = 0;

createServer(async (request, response) => {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  appendFileSync(`${file}.asked`, `${request.headers['webhook-id']}\n`);
  try {
    webhook.verify(body, request.headers as Record<string, string>);
  } catch {
    response.writeHead(401).end();
    return;
  }
  const id = String(request.headers['webhook-id']);
  if (!met.has(id)) {
    met.add(id);
    writeSync(descriptor, `${id}\n`);
    fsyncSync(descriptor);
  }
  taken++;
  // Dies before it answers: the sender cannot know that it was taken.
  if (taken === Number(killAfter)) process.kill(process.pid, 'SIGKILL');
  response.writeHead(204).end();
}).listen(Number(port), '127.0.0.1', function (this: import('node:net').Server) {
  process.stdout.write(`${(this.address() as import('node:net').AddressInfo).port}\n`);
});
