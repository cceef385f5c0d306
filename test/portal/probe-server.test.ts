import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { createPortal } from '../../src/portal/portal.ts';
import { type ProbeServer, startProbeServer } from '../../src/portal/probe-server.ts';
import { createSelfTest } from '../../src/portal/self-test.ts';
import { createVisits } from '../../src/portal/visits.ts';

const directory = mkdtempSync(join(tmpdir(), 'phonehome-probe-'));
const authority = openAuthority(directory, { now: Date.now });
const portal = createPortal({
  selfTest: createSelfTest(createVisits()),
  gateway: () => null,
  proxy: () => ({ host: '192.0.2.10', port: 8080 }),
  uiUrl: () => 'http://192.0.2.10:8081',
  apiUrl: () => 'http://192.0.2.10:8081',
  certificate: async () => ({ contentType: 'x/y', bytes: Buffer.alloc(0) }),
  certificateName: () => 'Phonehome Lab CA',
  fingerprint: () => 'AA',
  probeUrl: 'https://phonehome.lab/check/seen.svg',
});
let server: ProbeServer;

beforeAll(async () => {
  server = await startProbeServer(portal, authority.leafFor({ host: 'phonehome.lab', mirror: null, untrusted: false }));
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

function ask(
  path: string,
  ca: string | undefined,
  method = 'GET',
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: server.port,
      path,
      method,
      servername: 'phonehome.lab',
      ca,
      agent: false as const,
    };
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: String(response.headers['content-type']), body }),
      );
    });
    sent.on('error', reject).end();
  });
}

describe('the https end of the self-test', () => {
  it('answers with its image to whoever trusts the lab', async () => {
    const answer = await ask('/check/seen.svg', authority.root.certificatePem);
    expect(answer).toMatchObject({ status: 200, type: 'image/svg+xml' });
    expect(answer.body).toContain('Visible');
  });

  it('says nothing to a client that does not', async () => {
    await expect(ask('/check/seen.svg', undefined)).rejects.toThrow(/certificate/);
    expect((await ask('/check', authority.root.certificatePem)).status).toBe(200);
  });

  it('has nothing else and takes nothing', async () => {
    expect((await ask('/api/alerts', authority.root.certificatePem)).status).toBe(404);
    expect((await ask('/setup', authority.root.certificatePem, 'POST')).status).toBe(404);
  });
});
