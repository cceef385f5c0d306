/** `--decoder FILE`: what each kind of file gives, how it takes part in the search, and how every misuse is named. */
import { constants, createCipheriv, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createInspector } from '../../../src/inspect/inspector.ts';
import { loadDecoders } from '../../../src/inspect/operator/loader.ts';
import { closed, findings, IMEI, inspect, labFlow, type Sent } from '../lab-phone.ts';

const dir = mkdtempSync(join(tmpdir(), 'phonehome-decoders-'));
afterAll(() => rmSync(dir, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};

const found = (sent: Sent) => findings(inspect(sent));

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const spki = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;

const ROT47 = `
export const name = 'rot47';
export const description = 'an alphabet turned by 47, as acme.example uses it';
export const readsText = true;
export function open(bytes: Uint8Array, context: { host: string; key: string | null }): Uint8Array | null {
  if (context.key !== 'blob') return null;
  return bytes.map((byte) => (byte > 32 && byte < 127 ? 33 + ((byte + 14) % 94) : byte));
}
`;

describe('decoder files', () => {
  it('give a name of their own each, in the order given, and a description without a key', async () => {
    const loaded = await loadDecoders([
      write('vendor.pem', pem),
      write('old.pem', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string),
      write('acme.yaml', `key: ${'ab'.repeat(16)}\nmode: gcm\niv: prefix`),
      write('rot47.ts', ROT47),
    ]);
    expect(loaded.map(({ name, description }) => [name, description])).toEqual([
      ['rsa', 'RSA-1024 private key from vendor.pem'],
      ['rsa-2', 'RSA-1024 private key from old.pem'],
      ['aes', 'AES-128 key, GCM from acme.yaml'],
      ['rot47', 'an alphabet turned by 47, as acme.example uses it from rot47.ts'],
    ]);
    expect(loaded.map(({ publicKey }) => publicKey)).toEqual([spki, spki, null, null]);
  });

  it('open what the search alone cannot: RSA inside base64url inside a parameter', async () => {
    const decoders = await loadDecoders([write('vendor.pem', pem)]);
    const sealed = publicEncrypt(
      { key: rsa.publicKey, padding: constants.RSA_PKCS1_PADDING },
      Buffer.from(`TN:IMEI1,${IMEI},WIKO`),
    );
    const sent = { target: `/stsReport?msgid=1&repinfo=${sealed.toString('base64url')}` };
    expect(found({ ...sent, options: { decoders } })).toMatchObject([
      {
        identifier: { kind: 'imei', known: true },
        evidence: { where: 'query', path: 'repinfo:IMEI1', decoding: ['base64url', 'rsa'] },
      },
    ]);
    expect(found(sent)).toMatchObject([{ identifier: { kind: 'opaque' } }]);
  });

  it('open short ciphertexts too, in hex and base64, once a key is there', async () => {
    const decoders = await loadDecoders([write('short.yaml', `key: ${'ab'.repeat(16)}\nmode: ecb`)]);
    const cipher = createCipheriv('aes-128-ecb', Buffer.from('ab'.repeat(16), 'hex'), null);
    const sealed = Buffer.concat([cipher.update(`imei=${IMEI}`), cipher.final()]);
    for (const text of [sealed.toString('hex'), sealed.toString('base64')])
      expect(
        found({ body: JSON.stringify({ d: text }), options: { decoders } }).map(({ identifier }) => identifier.kind),
      ).toEqual(['imei']);
  });

  it('may be programs that turn text into text', async () => {
    const decoders = await loadDecoders([write('turned.ts', ROT47)]);
    const turned = `"imei":"${IMEI}"`.replace(/[!-~]/g, (char) =>
      String.fromCharCode(33 + ((char.charCodeAt(0) + 14) % 94)),
    );
    const target = `/?blob=${encodeURIComponent(turned)}`;
    expect(found({ target, options: { decoders } })).toMatchObject([
      { identifier: { kind: 'imei' }, evidence: { path: 'blob:imei', decoding: ['rot47'] } },
    ]);
    expect(found({ target: target.replace('blob', 'other'), options: { decoders } })).toEqual([]);
  });

  it('that fail while they work cost nothing but a remark', async () => {
    const broken = await loadDecoders([
      write('throws.ts', `export const name = 'throws'; export const open = () => { throw new Error('x'); };`),
      write('text.ts', `export const name = 'text'; export const open = () => 'no bytes';`),
    ]);
    const inspector = createInspector({ deviceFor: () => null, decoders: broken });
    const events = [
      labFlow('f'),
      { type: 'raw-bytes', flowId: 'f', direction: 'request', time: 0, bytes: Buffer.from([1, 2, 3, 4, 5]) } as const,
      closed('f'),
    ].flatMap((event) => inspector.push(event));
    expect(events).toMatchObject([
      { type: 'partially-scanned', reason: "the operator's decoder throws failed" },
      { type: 'partially-scanned', reason: "the operator's decoder text failed" },
    ]);
  });
});

describe('a decoder program', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  const load = async (name: string, text: string) => {
    const [decoder] = await loadDecoders([write(name, text)]);
    if (!decoder) throw new Error('no decoder');
    closers.push(() => decoder.close?.());
    return decoder;
  };
  const context = { host: 'acme.example', where: 'body', key: null } as const;

  it('that loops for ever on one payload is ended, named, and there again for the next one', async () => {
    const loops = await load(
      'loops.ts',
      `export const name = 'loops';
       export const open = (bytes) => { while (bytes[0] === 1); return bytes.subarray(1); };`,
    );
    expect(loops.open(Buffer.from([0, 7]), context)).toEqual(Buffer.from([7]));
    expect(() => loops.open(Buffer.from([1, 7]), context)).toThrow('it took more than 200 ms');
    expect(() => loops.open(Buffer.from([0, 7]), context)).toThrow('it was ended');
    const again = (): unknown => {
      try {
        return loops.open(Buffer.from([0, 9]), context);
      } catch {
        return null;
      }
    };
    await expect.poll(again, { timeout: 20_000 }).toEqual(Buffer.from([9]));
  });

  it('that always loops is let be after a few tries', async () => {
    const loops = await load('always.ts', `export const name = 'always'; export const open = () => { for (;;); };`);
    const said = new Set<string>();
    const isLetBe = (): boolean => {
      try {
        loops.open(Buffer.from([1]), context);
      } catch (error) {
        said.add((error as Error).message);
      }
      return false;
    };
    for (let ended = 0; ended < 4; ) {
      said.clear();
      isLetBe();
      if (said.has('it took more than 200 ms')) ended++;
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    said.clear();
    isLetBe();
    expect([...said]).toEqual(['it was ended']);
  });

  it('that ends its process ends its thread alone', async () => {
    const leaves = await load('leaves.ts', `export const name = 'leaves'; export const open = () => process.exit(3);`);
    expect(() => leaves.open(Buffer.from([1]), context)).toThrow();
  });

  it('that changes what it was given changes nothing of the lab, and what is too large is refused', async () => {
    const scribbles = await load(
      'scribbles.ts',
      `export const name = 'scribbles';
       export const open = (bytes) => (bytes[0] === 9 ? new Uint8Array(17 << 20) : bytes.fill(0));`,
    );
    const given = Buffer.from([1, 2, 3]);
    expect(scribbles.open(given, context)).toEqual(Buffer.from([0, 0, 0]));
    expect(given).toEqual(Buffer.from([1, 2, 3]));
    expect(() => scribbles.open(Buffer.from([9]), context)).toThrow('too large');
  });
});

describe('a decoder file that cannot be used', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
  const locked = rsa.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-128-cbc',
    passphrase: 'x',
  }) as string;
  it.each([
    ['a file that is not there', null, 'missing.pem', /cannot be read \(ENOENT\): check the path$/],
    ['a public key', spki, 'public.pem', /holds a public key, which can only close: the private key is needed$/],
    ['a key of another kind', ec, 'ec.pem', /holds a key of type ec: an RSA private key is needed$/],
    [
      'a key under a passphrase',
      locked,
      'locked.pem',
      /is protected by a passphrase: remove it first with "openssl pkey/,
    ],
    [
      'a broken key',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      'broken.pem',
      /is no valid private key in PEM form/,
    ],
    ['an unknown file', 'hello', 'notes.txt', /is none of: an RSA private key in PEM form, .*\(docs\/decoders.md\)$/],
    [
      'a key file without a mode',
      `key: ${'ab'.repeat(16)}`,
      'no-mode.yaml',
      /needs a mode: one of ecb, cbc, ctr, gcm$/,
    ],
    [
      'a program with a mistake',
      'export const name = ;',
      'mistake.ts',
      /cannot be loaded \(.+\): correct the program$/,
    ],
    [
      'a program without a name',
      'export const open = () => null;',
      'nameless.ts',
      /must export a "name" of letters, digits/,
    ],
    [
      'a program without open',
      `export const name = 'x';`,
      'closed.ts',
      /must export a function "open\(bytes, context\)"/,
    ],
  ])('%s is named in one line', async (_what, text, name, message) => {
    const file = text === null ? join(dir, name) : write(name, text);
    const failed = await loadDecoders([file]).then(
      () => 'loaded',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    expect(failed).toMatch(message);
    expect(failed.startsWith(`LabError: --decoder ${file} `)).toBe(true);
    expect(failed).not.toContain('\n');
  });
});
