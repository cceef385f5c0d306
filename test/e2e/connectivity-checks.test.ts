/** What phones ask to learn whether a network leads to the internet: it passes unchanged, and is no reason for an alert. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { proxyUrl } from '../clients/client.ts';
import { run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { eventually } from './eventually.ts';
import { ANY_PHONE, startLab } from './lab-process.ts';

const SUCCESS = '<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>';
const ANDROID = 'http://connectivitycheck.gstatic.com/generate_204';
const APPLE = 'http://captive.apple.com/hotspot-detect.html';

it('generate_204 and captive.apple.com are answered by their own servers, and nothing is alerted', async (context) => {
  requireTool(context, 'curl');
  const server = createServer((request, response) => {
    if (request.url === '/generate_204') response.writeHead(204).end();
    else response.end(SUCCESS);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const dial = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dir = await mkdtemp(path.join(tmpdir(), 'checks-'));
  const map = path.join(dir, 'map.json');
  const hosts = [
    ['connectivitycheck.gstatic.com', '142.250.184.195'],
    ['captive.apple.com', '17.253.55.202'],
  ];
  await writeFile(map, JSON.stringify(hosts.map(([host, address]) => ({ host, port: 80, dial, address }))));
  const lab = await startLab({ devices: ANY_PHONE, args: ['--upstream-map', map] });
  const ask = async (url: string) =>
    (await run(toolPath('curl'), ['-sS', '-x', proxyUrl(lab.phone), '-w', ' %{http_code}', url])).stdout.toString();
  expect(await ask(ANDROID)).toBe(' 204');
  expect(await ask(APPLE)).toBe(`${SUCCESS} 200`);
  await eventually('both are filed', async () => {
    const { flows } = (await lab.api('/api/flows')) as { flows: FlowRecord[] };
    return flows.filter((flow) => flow.reason === 'ended').length === 2;
  });
  expect(lab.alerts()).toEqual([]);
  await lab.stop();
  server.close();
  await rm(dir, { recursive: true });
});
