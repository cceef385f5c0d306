/** An exchange as a curl command that a shell runs, and as HAR that the schema takes and the lab's own scanner reads. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, isIPv4, isIPv6 } from 'node:net';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { curlOf, type Exchange, harOf } from '../../dashboard/src/export-exchange.ts';
import { run } from '../clients/process.ts';
import { toolPath } from '../clients/tools.ts';
import { labFlowRecord } from '../sinks/lab-alert.ts';

const body = (bytes: number, kept = bytes) => ({ bytes, kept, gaps: [], endedAt: 1500, complete: true, trailers: [] });
const exchange = (url: string, headers: [string, string][], length: number): Exchange => ({
  exchange: 1,
  request: { time: 1000, protocol: 'http/1.1', method: 'POST', url, headers, body: body(length) },
  response: { time: 1200, status: 200, headers: [['Content-Type', 'text/plain']], body: body(9, 2) },
  upgradedTo: null,
});

describe('curl', () => {
  it.each<[string, Buffer]>([
    ['text with quotes', Buffer.from(`{"it's": "$(id) \`id\` \\n"}`)],
    ['bytes that are no text', Buffer.from(Array.from({ length: 256 }, (_, index) => index))],
  ])('sends the same bytes and fields again: %s', async (_, bytes) => {
    toolPath('curl');
    const got = Promise.withResolvers<{ bytes: Buffer; headers: Record<string, unknown> }>();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        got.resolve({ bytes: Buffer.concat(chunks), headers: request.headers });
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b='c'`;
    const command = curlOf(
      exchange(
        url,
        [
          ['X-Odd', "it's $HOME"],
          ['X-Empty', ''],
          ['Content-Length', '7'],
        ],
        bytes.length,
      ),
      bytes,
    );
    await run('sh', ['-c', `${command} --silent --noproxy '*'`]);
    const { bytes: sent, headers } = await got.promise;
    server.close();
    expect(sent.equals(bytes)).toBe(true);
    expect(headers).toMatchObject({ 'x-odd': "it's $HOME", 'x-empty': '', 'content-length': String(bytes.length) });
  });
});

describe('HAR', () => {
  it('fits the schema, and says of a body that not all of it was kept', () => {
    const one = exchange('https://a.example/x?q=1', [['Content-Type', 'application/json']], 2);
    const made = harOf(labFlowRecord('flow-1', 1000), [one], () => ({
      request: Buffer.from('{}'),
      response: Buffer.from([0xff, 0xfe]),
    }));
    const { har: root = {}, ...parts } = createRequire(import.meta.url)('har-schema') as Record<string, object>;
    const ajv = new Ajv({
      strict: false,
      formats: { 'date-time': /^\d{4}-.*Z$/, uri: URL.canParse, ipv4: isIPv4, ipv6: isIPv6 },
      schemas: Object.values(parts),
      validateSchema: false,
    });
    const isHar = ajv.compile(root);
    expect([isHar(made), isHar.errors]).toEqual([true, null]);
    expect(made).toMatchObject({
      log: {
        entries: [
          {
            request: {
              postData: { mimeType: 'application/json', text: '{}' },
              queryString: [{ name: 'q', value: '1' }],
            },
            response: { content: { text: '//4=', encoding: 'base64' }, comment: '2 of 9 bytes of the body were kept' },
            time: 500,
          },
        ],
      },
    });
  });
});
