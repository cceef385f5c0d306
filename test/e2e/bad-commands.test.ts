/** What cannot work from the start: one clear line, the right exit code, and nothing of the operator's overwritten. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { phonehome, startLab } from './lab-process.ts';

describe('a command that cannot work', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'bad-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const start = (...args: string[]) =>
    phonehome(['start', '--json', '--proxy-port', '0', '--ui-port', '0', '--data', path.join(dir, 'data'), ...args]);
  const file = async (name: string, text: string): Promise<string> => {
    const full = path.join(dir, name);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, text);
    return full;
  };
  const oneLine = (ran: { code: number | null; stderr: string; stdout: string }): string => {
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    return ran.stderr;
  };

  it.each([
    ['an unknown command', ['fly']],
    ['an unknown flag', ['start', '--colour-of-money', 'green']],
    ['a port that is none', ['start', '--proxy-port', '70000']],
    ['a range that is none', ['start', '--allow-destinations', '127.0.0.0/99']],
  ])('%s: exit code 2 and one line', async (_, args) => {
    const ran = await phonehome(args);
    expect(ran.code).toBe(2);
    expect(oneLine(ran)).toMatch(/fly|colour-of-money|70000|127\.0\.0\.0\/99/);
  });

  it('a broken devices file: names line and field, and never the value', async () => {
    const devices = await file(
      'devices.yaml',
      'devices:\n  - id: a\n    match: { default: true }\n    identifiers:\n      imei: "49015420323751"\n      imsi: "call me"\n',
    );
    const ran = await start('--devices', devices);
    expect(ran.code).toBe(1);
    const said = oneLine(ran);
    expect(said).toContain('devices.yaml');
    expect(said).toMatch(/\b6\b/);
    expect(said).toContain('imsi');
    expect(said).not.toContain('call me');
  });

  it('a devices file that is not there', async () => {
    const ran = await start('--devices', path.join(dir, 'nowhere.yaml'));
    expect(ran.code).toBe(1);
    expect(oneLine(ran)).toContain('nowhere.yaml');
  });

  it('an upstream CA that is not there, or is no certificate', async () => {
    for (const given of [path.join(dir, 'nowhere.pem'), await file('no.pem', 'hello')]) {
      const ran = await start('--upstream-ca', given);
      expect(ran.code).toBe(1);
      expect(oneLine(ran)).toContain(path.basename(given));
    }
  });

  it.each(['ca.key', 'ca.pem'])('a lab CA whose %s is gone: says so, and makes no new one', async (gone) => {
    const data = path.join(dir, 'data');
    await (await startLab({ dataDir: data })).stop();
    await rm(path.join(data, 'certs', gone));
    const ran = await start();
    expect(ran.code).toBe(1);
    expect(oneLine(ran)).toContain(gone);
    expect(oneLine(ran)).toContain('ca rotate');
    expect(await readdir(path.join(data, 'certs'))).not.toContain(gone);
  });

  it('a key of the lab CA that is none', async () => {
    const data = path.join(dir, 'data');
    await (await startLab({ dataDir: data })).stop();
    await writeFile(path.join(data, 'certs', 'ca.key'), 'hello');
    const ran = await start();
    expect(ran.code).toBe(1);
    expect(oneLine(ran)).toContain('ca.key');
    expect(oneLine(ran)).not.toContain('hello');
  });

  it('an upstream map that is no JSON', async () => {
    const ran = await start('--upstream-map', await file('map.json', '[{'));
    expect(ran.code).toBe(1);
    expect(oneLine(ran)).toContain('map.json');
  });

  it('a port in use: names the port', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as { port: number };
    for (const flag of ['--proxy-port', '--ui-port']) {
      const ran = await start('--host', '127.0.0.1', flag, String(port));
      expect(ran.code).toBe(1);
      expect(oneLine(ran)).toContain(String(port));
    }
    taken.close();
  });

  it('a database that is none: names the file and leaves it as it was', async () => {
    const text = 'this is no database, and long enough to be read as one '.repeat(50);
    const database = await file('data/evidence.db', text);
    const ran = await start();
    expect(ran.code).toBe(1);
    expect(oneLine(ran)).toContain('evidence.db');
    expect(await readFile(database, 'utf8')).toBe(text);
  });
});
