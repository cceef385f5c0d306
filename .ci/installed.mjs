/** An installed lab: starts on free ports, a gateway's too, a phone of this process leaks through it, the alert is printed; a signal ends it. Then again on the same data. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';

const IMEI = '490154203237518';
writeFileSync('phones.yaml', `devices:\n  - id: lab-phone\n    default: true\n    identifiers: { imei: "${IMEI}" }\n`);
const server = http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
writeFileSync('map.json', JSON.stringify([{ host: 'vendor.example', port: 80, dial: `127.0.0.1:${server.address().port}`, address: '42.62.48.10' }]));

for (const time of ['first', 'second']) {
  const lab = spawn('phonehome', ['start', '--json', '--data', 'lab', '--host', '127.0.0.1', '--proxy-port', '0', '--ui-port', '0', '--transparent-port', '0', '--devices', 'phones.yaml', '--upstream-map', 'map.json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let alert = null;
  for await (const line of createInterface({ input: lab.stdout })) {
    const said = JSON.parse(line);
    if (said.type === 'ready') leak(said.proxy.port, time);
    if (said.type !== 'alert' || said.alert.type !== 'leak') continue;
    alert = said.alert;
    lab.kill('SIGTERM');
    break;
  }
  const code = await new Promise((resolve) => lab.once('exit', resolve));
  if (!alert || code !== 0) throw new Error(`${time} start: alert ${alert?.message}, ended with ${code}`);
  console.log(`${time} start: ${alert.message}`);
}
server.close();

function leak(port, place) {
  const body = JSON.stringify({ [place]: IMEI });
  const headers = { Host: 'vendor.example', 'Content-Type': 'application/json', 'Content-Length': body.length };
  http.request({ port, host: '127.0.0.1', method: 'POST', path: 'http://vendor.example/report', headers }).end(body);
}
