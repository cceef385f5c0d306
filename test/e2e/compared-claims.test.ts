/** Reported cases and their fixed versions, through the running lab: what the maker said of each, and what can be said of that. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LabProcess, phonehome, startLab } from './lab-process.ts';

let lab: LabProcess;
const CASES = ['nokia-7-plus', 'wiko-sts', 'xiaomi-cloud-messaging'];
beforeAll(async () => {
  lab = await startLab();
  await phonehome(['replay', ...CASES.flatMap((name) => [name, `${name}-fixed`]), '--data', lab.dataDir, '--json']);
}, 120_000);
afterAll(() => lab.stop());

async function compare(name: string, more: string[] = []) {
  const sides = [`replay.${name}`, `replay.${name}-fixed`];
  const { stdout } = await phonehome(['compare', ...sides, ...more, '--data', lab.dataDir, '--json']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; sentence: string; verdict: string });
  const of = (type: string) => lines.filter((line) => line.type === type);
  return {
    claims: of('claim').map(({ verdict, sentence }) => [verdict, sentence]),
    changes: of('change').map(({ sentence }) => sentence),
  };
}

it('Nokia 7 Plus: nothing goes to vnet.cn any more, and that follows from three marks without it', async () => {
  const { claims, changes } = await compare('nokia-7-plus');
  expect(claims).toEqual([
    [
      'holds',
      expect.stringMatching(
        /^“Nothing goes to vnet\.cn”: nothing .* 3 connections before, 0 since\. Very likely it stopped/,
      ),
    ],
  ]);
  expect(changes.every((sentence) => sentence.startsWith('Not seen any more'))).toBe(true);
});

it('Wiko: to Europe, and once as far as it was watched: one mark is not enough to be sure', async () => {
  const html = path.join(lab.dataDir, 'wiko.html');
  const { claims, changes } = await compare('wiko-sts', ['--html', html, '--lang', 'en']);
  expect(claims).toEqual([
    ['holds', expect.stringMatching(/“Once only”.*It cannot be said yet.*“monthly” 1 of 1 time.*25 %/)],
    ['holds', '“To Europe”: nothing that was seen speaks against it.'],
  ]);
  expect(changes).toEqual([
    expect.stringMatching(
      /^Moved \(server, company, country, encryption\): .*Tinno Mobile.*in China.*Wiko \(France; .*in Germany, encrypted/,
    ),
  ]);
  expect(await readFile(html, 'utf8')).toContain('SIMULATED');
});

it('Xiaomi: nothing before consent, encrypted; the hash moved into a cookie', async () => {
  const { claims, changes } = await compare('xiaomi-cloud-messaging');
  expect(claims.map(([verdict]) => verdict)).toEqual(['holds', 'holds']);
  expect(changes).toContainEqual(
    expect.stringMatching(/^Moved \(place in the request, encoding, encryption, consent\): IMEI.*sha1/),
  );
});

it('a claim that is not so is called that', async () => {
  const { claims } = await compare('xiaomi-cloud-messaging', ['--claim', 'to:europe', '--claim', 'none']);
  expect(claims.map(([verdict]) => verdict)).toEqual(['broken', 'broken']);
});

it('several are told side by side', async () => {
  const { stdout } = await phonehome([
    'compare',
    'replay.nokia-7-plus',
    'replay.wiko-sts',
    'replay.wiko-sts-fixed',
    '--data',
    lab.dataDir,
  ]);
  expect(stdout).toMatch(/Nokia 7 Plus.*IMEI.*China Telecom.*China +yes/);
  expect(stdout).toMatch(/replay\.wiko-sts-fixed\).*Germany +no/);
});
