/** A case as a package: made by the program, checked by the tools that others would use. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { isIPv4, isIPv6 } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Ajv } from 'ajv';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence, verifyRecorded } from '../../src/lab/evidence.ts';
import { exportCase } from '../../src/lab/export-case.ts';
import { exportPackage } from '../../src/lab/exporting.ts';
import { sealKeys } from '../../src/lab/key-passphrase.ts';
import { verifyPackage } from '../../src/lab/package-check.ts';
import { readCheckpoint } from '../../src/model/checkpoint.ts';
import { describeWith, requireTool, toolPath } from '../clients/tools.ts';
import { phonehome } from '../e2e/lab-process.ts';
import { loseKey, type PackedCase, PHONE, packedCase } from './packed-case.ts';

const none = (): void => {};
const made: PackedCase[] = [];
function build(...given: Parameters<typeof packedCase>): PackedCase {
  const one = packedCase(...given);
  made.push(one);
  return one;
}
afterEach(() => {
  for (const one of made.splice(0)) one.end();
});

const text = (zip: Record<string, Uint8Array>, name: string): string => Buffer.from(zip[name] ?? []).toString();
const lines = (zip: Record<string, Uint8Array>, name: string): Record<string, never>[] =>
  text(zip, name)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, never>);

describe('a package', () => {
  let given: PackedCase;
  let file: string;
  let zip: Record<string, Uint8Array>;
  const progress: number[] = [];
  beforeAll(async () => {
    given = packedCase();
    file = given.out('case.zip');
    await exportPackage(given.options(file), (done) => void progress.push(done));
    zip = unzipSync(readFileSync(file));
  });
  afterAll(() => given.end());

  it('is made in a thread of its own, for its owner alone, with an entry in the audit, and nothing lies beside it', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(file)).sort()).toEqual(['case.zip', 'data']);
    expect(progress.length).toBeGreaterThan(0);
    const store = openEvidence(given.data);
    expect(store.audits()).toMatchObject([{ action: 'export', subject: 'case c1', who: 'terminal' }]);
    store.close();
  });

  it('holds what it says, and says what it does not hold', () => {
    expect(Object.keys(zip)).toEqual([
      'report.html',
      'report.pdf',
      'case.json',
      'devices.json',
      'sources.json',
      'versions.json',
      'alerts.ndjson',
      'flows.ndjson',
      'eve.json',
      'flows.har',
      'chain.ndjson',
      'chain-head.txt',
      'signing-key.pem',
      'README.txt',
      'SHA256SUMS',
      'SHA256SUMS.sig',
    ]);
    expect(text(zip, 'README.txt')).toContain('capture.pcapng: the phone’s hardware address is not registered');
    expect(text(zip, 'report.pdf')).toMatch(/^%PDF-/);
    expect(lines(zip, 'alerts.ndjson').length).toBe(3);
    expect(lines(zip, 'flows.ndjson').map(({ id }) => id)).toEqual(['flow-1', 'flow-2']);
    expect(JSON.parse(text(zip, 'case.json'))).toMatchObject({
      case: { marks: [{ phase: 'before-consent' }], events: [{ event: 'boot' }] },
    });
    const sources = JSON.parse(text(zip, 'sources.json')) as { sources: { licence: string; date: string }[] };
    expect(sources.sources.length).toBeGreaterThan(2);
    expect(sources.sources.every(({ licence }) => licence !== '')).toBe(true);
    for (const name of ['devices.json', 'alerts.ndjson', 'report.html', 'eve.json', 'flows.ndjson'])
      expect(text(zip, name), name).not.toContain('490154203237518');
    expect(text(zip, 'devices.json')).toContain('490154*******18');
  });

  it('holds a report that opens an example from the wire, masked', () => {
    expect(text(zip, 'report.html')).toMatch(
      /On the wire[^<]*<\/li><li>[^<]*gzip[^<]*<\/li><li>[^<]*\{&#34;IMEI1&#34;: &#34;490154\*+18&#34;\}/,
    );
  });

  it('holds a valid HAR with messages, timings and opened answers', () => {
    const har = JSON.parse(text(zip, 'flows.har')) as { log: { entries: Record<string, never>[] } };
    const ajv = new Ajv({
      strict: false,
      formats: {
        'date-time': (one: string) => !Number.isNaN(Date.parse(one)),
        uri: URL.canParse,
        ipv4: isIPv4,
        ipv6: isIPv6,
      },
    });
    const { har: root = {}, ...parts } = createRequire(import.meta.url)('har-schema') as Record<string, object>;
    const plain = (schema: object) => Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema'));
    for (const part of Object.values(parts)) ajv.addSchema(plain(part));
    const validate = ajv.compile(plain(root));
    expect(validate(har), JSON.stringify(validate.errors)).toBe(true);
    const [first, socket] = har.log.entries;
    expect(first).toMatchObject({
      time: 80,
      timings: { send: 10, wait: 50, receive: 20 },
      request: {
        httpVersion: 'HTTP/2.0',
        url: 'https://zzhc.vnet.cn/upload?q=1&m=a%20b',
        queryString: [
          { name: 'q', value: '1' },
          { name: 'm', value: 'a b' },
        ],
        cookies: [
          { name: 'a', value: '1' },
          { name: 'b', value: '2' },
        ],
        postData: { encoding: 'base64' },
      },
      response: { content: { text: '{"ok":true,"text":"xin chào"}' } },
    });
    expect(socket).toMatchObject({
      _resourceType: 'websocket',
      _webSocketMessages: [
        { type: 'send', opcode: 1, data: '{"imei":"490154203237518"}' },
        { type: 'receive', opcode: 2, data: 'AAEC/w==' },
      ],
    });
  });

  it('holds a HAR in which a scan finds what the lab found', async () => {
    const har = given.out('flows.har');
    writeFileSync(har, zip['flows.har'] ?? '');
    const { stdout } = await phonehome(['scan', har, '--json', '--devices', path.join(given.data, 'devices.yaml')]);
    const found = stdout
      .split('\n')
      .filter((line) => line.includes('"type":"finding"'))
      .map((line) => (JSON.parse(line) as { identifier: { kind: string } }).identifier.kind);
    expect(found.filter((kind) => kind === 'imei').length).toBe(2);
  });

  it('holds events as Suricata writes them', () => {
    const events = lines(zip, 'eve.json');
    expect(events.map(({ event_type: type }) => type)).toEqual(['alert', 'alert', 'alert', 'flow', 'flow']);
    for (const event of events) {
      expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$/);
      expect(Number.isSafeInteger(event.flow_id)).toBe(true);
      expect(event).toMatchObject({ src_ip: '10.77.0.2', proto: 'TCP' });
    }
    expect(events[0]).toMatchObject({
      alert: { action: 'allowed', gid: 1, severity: 1, signature: 'PHONEHOME leak imei certain' },
      http: { http_method: 'POST' },
      dest_ip: '42.62.48.10',
    });
    // An alert and its connection can be put together.
    expect(events[0]?.flow_id).toBe(events[3]?.flow_id);
  });

  it('is verified: intact', async () => {
    const verdict = await verifyPackage(file);
    expect(verdict).toMatchObject({ isIntact: true, problem: null, files: 16, rows: 6 });
    expect(verdict.records).toBeGreaterThanOrEqual(6);
    expect(verdict.signed).toBe(verdict.head?.position);
    const { code, stdout } = await phonehome(['verify', file, '--data', given.data]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('which is the key of this lab')]);
  });

  it('names the signed end of the whole chain, which the store must still have later', async () => {
    const line = text(zip, 'chain-head.txt');
    // Of other phones and of the audit, too.
    expect(readCheckpoint(line)?.position).toBe(verifyRecorded(given.data).records);
    const head = given.out('chain-head.txt');
    writeFileSync(head, line);
    const verify = async (): Promise<string> =>
      (await phonehome(['verify', '--expect', head, '--data', given.data])).stdout;
    expect(await verify()).toContain('It goes on from the expected head.');
    const { evidence } = pathsIn(given.data);
    copyFileSync(evidence, given.out('kept.db'));
    const database = new DatabaseSync(evidence);
    // The audit of the export itself, with all that signed it.
    database.exec(`DELETE FROM audit; DELETE FROM checkpoints WHERE position > 1;
      DELETE FROM chain WHERE position >= (SELECT min(position) FROM chain WHERE type = 'audit')`);
    database.close();
    expect(verifyRecorded(given.data).isIntact).toBe(true);
    expect(await verify()).toContain('removed: the expected head is record');
    for (const beside of ['-wal', '-shm']) rmSync(`${evidence}${beside}`, { force: true });
    copyFileSync(given.out('kept.db'), evidence);
  });

  describeWith(['unzip', 'openssl'], 'in the hands of others', () => {
    it('unpacks with unzip, its list with sha256sum, its signature with the OpenSSL command of its README', async () => {
      const dir = given.out('unpacked');
      execFileSync(toolPath('unzip'), ['-q', file, '-d', dir]);
      execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'SHA256SUMS'], { cwd: dir });
      const readme = readFileSync(path.join(dir, 'README.txt'), 'utf8');
      const command = /openssl pkeyutl .*/.exec(readme)?.[0] ?? '';
      const said = execFileSync('sh', ['-c', command], { cwd: dir }).toString();
      expect(said).toContain('Signature Verified Successfully');
      writeFileSync(path.join(dir, 'SHA256SUMS'), 'x', { flag: 'a' });
      expect(() => execFileSync('sh', ['-c', command], { cwd: dir, stdio: 'pipe' })).toThrow();
      const print = /openssl pkey .*/.exec(readme)?.[0] ?? '';
      expect(execFileSync('sh', ['-c', print], { cwd: dir }).toString().slice(0, 64)).toBe(
        (await verifyPackage(file)).fingerprint,
      );
    });
  });

  it('carries a time stamp of a server, and no package is made without the one that was asked for', async (context) => {
    requireTool(context, 'openssl');
    const openssl = toolPath('openssl');
    const dir = given.out('tsa');
    execFileSync('mkdir', [dir]);
    const run = (...args: string[]): Buffer => execFileSync(openssl, args, { cwd: dir, stdio: 'pipe' });
    writeFileSync(
      path.join(dir, 'tsa.cnf'),
      '[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=Lab TSA\n[ext]\nextendedKeyUsage=critical,timeStamping\n[tsa]\ndefault_tsa=one\n[one]\nserial=serial\ndefault_policy=1.2.3.4\ndigests=sha256\nsigner_digest=sha256\n',
    );
    run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'tsa.key',
      '-out',
      'tsa.pem',
      '-config',
      'tsa.cnf',
      '-days',
      '2',
    );
    writeFileSync(path.join(dir, 'serial'), '01\n');
    let isOther = false;
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (!isOther) writeFileSync(path.join(dir, 'query.tsq'), Buffer.concat(parts));
        run(
          'ts',
          '-reply',
          '-config',
          'tsa.cnf',
          '-queryfile',
          'query.tsq',
          '-inkey',
          'tsa.key',
          '-signer',
          'tsa.pem',
          '-out',
          'reply.tsr',
        );
        response.end(readFileSync(path.join(dir, 'reply.tsr')));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      const stamped = given.out('stamped.zip');
      await exportCase(given.options(stamped, { timestamp: url }), none);
      const { 'SHA256SUMS.tsr': reply = new Uint8Array(), SHA256SUMS = new Uint8Array() } = unzipSync(
        readFileSync(stamped),
      );
      writeFileSync(path.join(dir, 'list'), SHA256SUMS);
      writeFileSync(path.join(dir, 'list.tsr'), reply);
      expect(run('ts', '-verify', '-data', 'list', '-in', 'list.tsr', '-CAfile', 'tsa.pem').toString()).toContain('OK');
      expect((await verifyPackage(stamped)).isIntact).toBe(true);
      isOther = true;
      const refused = given.out('refused.zip');
      await expect(exportCase(given.options(refused, { timestamp: url }), none)).rejects.toThrow(
        'about something else',
      );
      expect(readdirSync(path.dirname(refused)).some((name) => name.startsWith('refused'))).toBe(false);
    } finally {
      server.close();
    }
  });
});

describe('a package of', () => {
  it.each([false, true])('bytes that are no HTTP holds them in a file of their own (redacted: %s)', async (redact) => {
    const raw = (direction: 'request' | 'response', bytes: Buffer) =>
      ({ type: 'raw-bytes', flowId: 'raw', direction, time: 1, bytes }) as const;
    const events = [raw('request', Buffer.from('HELLO imei=')), raw('response', Buffer.from([0, 1, 255]))];
    const given = build([{ id: 'raw', events: [...events, raw('request', Buffer.from('490154203237518;'))] }]);
    const file = given.out('raw.zip');
    const facts = await exportCase(given.options(file, { redact }), none);
    expect((await verifyPackage(file)).isIntact).toBe(true);
    const zip = unzipSync(readFileSync(file));
    const told = lines(zip, 'raw.ndjson').map(({ flow, direction, bytes }) => [
      flow,
      direction,
      Buffer.from(String(bytes), 'base64').toString('latin1'),
    ]);
    const sent = redact ? expect.stringMatching(/^HELLO imei=redacted-imei-[a-z]{8};$/) : 'HELLO imei=490154203237518;';
    expect(told[0]).toEqual(['raw', 'request', sent]);
    expect(told[1]).toEqual(['raw', 'response', '\u0000\u0001ÿ']);
    expect(facts.missing.join()).not.toContain('connections no request was kept');
  });

  it('a case with muted findings holds them, and says that they are muted, by whom and why', async () => {
    const given = build();
    const mute = (name: string, kind: string, as: string): string =>
      `  - { name: ${name}, when: { kind: ${kind} }, as: ${as}, reason: "vendor <b>knows</b>", until: 2999-12-31 }\n`;
    const notify = `mutes:\n${mute('vendor-knows', 'imei', 'accepted')}${mute('other', 'email', 'muted')}`;
    writeFileSync(pathsIn(given.data).notify, notify, { mode: 0o600 });
    const file = given.out('muted.zip');
    await exportCase(given.options(file), none);
    const zip = unzipSync(readFileSync(file));
    expect(JSON.parse(text(zip, 'case.json'))).toMatchObject({
      held: [{ name: 'vendor-knows', as: 'accepted', until: '2999-12-31', alerts: 3 }],
    });
    expect(lines(zip, 'alerts.ndjson').length).toBe(3);
    expect(text(zip, 'report.html')).toContain(
      'known and accepted until 2999-12-31: 3 (“vendor-knows”: vendor &#60;b&#62;knows&#60;/b&#62;)',
    );
  });

  it('a case without traffic says so and is intact', async () => {
    const given = build();
    const store = openEvidence(given.data);
    store.putCase({
      id: 'empty',
      title: 'Nothing',
      deviceId: PHONE,
      label: null,
      openedAt: '2026-10-01T00:00:00.000Z',
      closedAt: '2026-10-01T01:00:00.000Z',
      marks: [],
    });
    store.close();
    const file = given.out('empty.zip');
    const facts = await exportPackage(given.options(file, { id: 'empty' }));
    expect(facts).toMatchObject({ alerts: 0, flows: 0, exchanges: 0 });
    expect(await verifyPackage(file)).toMatchObject({ isIntact: true, rows: 1 });
    expect(JSON.parse(text(unzipSync(readFileSync(file)), 'flows.har'))).toMatchObject({ log: { entries: [] } });
  });

  it('a phone whose key is gone holds no content, says so, and all the rest', async () => {
    const given = build();
    loseKey(given.data);
    const file = given.out('gone.zip');
    const facts = await exportCase(given.options(file), none);
    expect(facts.exchanges).toBe(0);
    expect(facts.missing.join('\n')).toContain('of 2 connections no request was kept');
    expect(await verifyPackage(file)).toMatchObject({ isIntact: true, rows: 6 });
  });

  it('a machine whose clock was set back says that its times contradict each other', async () => {
    const given = build();
    const store = openEvidence(given.data);
    const late = '2999-01-01T00:00:00.000Z';
    const { labRecord } = await import('../sinks/lab-alert.ts');
    store.putAlert(labRecord(9, { case: { id: 'c1', phase: null }, lastSeen: late }));
    store.close();
    const facts = await exportCase(given.options(given.out('back.zip')), none);
    expect(facts.missing.join('\n')).toContain(`it was set back. The last record is of ${late}`);
  });

  it('hostile texts holds them as text', async () => {
    const hostile = '\u001b[2J<script>alert(1)</script>\u202e#read("x")\n\n';
    const given = build([], hostile);
    const file = given.out('hostile.zip');
    await exportCase(given.options(file), none);
    const zip = unzipSync(readFileSync(file));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
    expect(text(zip, 'README.txt')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text(zip, 'report.html')).not.toContain('<script>');
    expect((await verifyPackage(file)).isIntact).toBe(true);
  });

  it('a lab whose keys are encrypted holds all, signed, and takes the passphrase', async () => {
    const given = build();
    const { certs, evidenceKey, signingKey } = pathsIn(given.data);
    openAuthority(certs, { now: Date.now });
    sealKeys(given.data, [null], 'lab passphrase');
    const sealed = [evidenceKey, signingKey].map((name) => readFileSync(name, 'utf8'));
    const auditsOf = () => {
      const store = openEvidence(given.data);
      const audits = store.audits();
      store.close();
      return audits;
    };
    for (const [passphrase, why] of [
      [null, /is encrypted: give its passphrase/],
      ['another', /the passphrase does not open/],
    ] as const)
      await expect(exportPackage(given.options(given.out('locked.zip'), { passphrase }))).rejects.toThrow(why);
    // What was not done stands in no audit.
    expect(auditsOf()).toEqual([]);
    expect(readdirSync(given.out(''))).not.toContain('locked.zip');

    const file = given.out('opened.zip');
    const secret = given.out('passphrase');
    writeFileSync(secret, 'lab passphrase\n');
    const run = ['export', 'c1', '--out', file, '--data', given.data, '--ca-passphrase-file', secret, '--json'];
    const { code, stdout } = await phonehome(run);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { alerts: 3, exchanges: 2 }]);
    const verdict = await verifyPackage(file);
    expect(verdict).toMatchObject({ isIntact: true, rows: 6, signed: verdict.head?.position });
    const zip = unzipSync(readFileSync(file));
    expect(text(zip, 'README.txt')).not.toContain('were not signed');
    expect(readCheckpoint(text(zip, 'chain-head.txt'))?.position).toBe(verifyRecorded(given.data).records);
    expect(text(zip, 'report.html')).toContain('Opened as gzip');
    expect(auditsOf()).toMatchObject([{ action: 'export', subject: 'case c1' }]);
    expect([evidenceKey, signingKey].map((name) => readFileSync(name, 'utf8'))).toEqual(sealed);
  });

  it('a report of a lab whose keys are encrypted opens its examples with the passphrase, and says what it left out without', async () => {
    const given = build();
    openAuthority(pathsIn(given.data).certs, { now: Date.now });
    sealKeys(given.data, [null], 'lab passphrase');
    const out = given.out('report.html');
    const secret = given.out('passphrase');
    writeFileSync(secret, 'lab passphrase\n');
    const report = (...more: string[]) => phonehome(['report', 'c1', '--out', out, '--data', given.data, ...more]);

    expect(await report()).toMatchObject({ code: 0, stderr: expect.stringContaining('without decoded examples') });
    expect(readFileSync(out, 'utf8')).not.toContain('On the wire stood');
    expect(await report('--reveal')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('give their passphrase with --ca-passphrase-file FILE, or leave --reveal out'),
    });
    expect(await report('--ca-passphrase-file', secret)).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(out, 'utf8')).toContain('Opened as gzip');
    expect((await report('--ca-passphrase-file', secret, '--reveal')).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain('490154203237518');
    writeFileSync(secret, 'another');
    expect(await report('--ca-passphrase-file', secret)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the passphrase does not open'),
    });
  });

  it('no test run at all is one line', async () => {
    const given = build();
    await expect(exportPackage(given.options(given.out('no.zip'), { id: 'nobody' }))).rejects.toThrow(
      'no test run "nobody"',
    );
  });
});

describeWith(['root', 'mount'], 'on a full disk', () => {
  it('an export ends with one line and leaves nothing', async () => {
    const given = build();
    const disk = given.out('disk');
    execFileSync('mkdir', [disk]);
    execFileSync(toolPath('mount'), ['-t', 'tmpfs', '-o', 'size=16k,mode=700', 'tmpfs', disk]);
    try {
      await expect(exportPackage(given.options(path.join(disk, 'case.zip')))).rejects.toThrow('no space left for');
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });
});
