/** notify.yaml: what is read, and what is said of what cannot be. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { ownFiles } from '../../src/lab/own-files.ts';
import { readConfig } from '../../src/notify/config.ts';
import { editConfig, loadConfig, secretsIn } from '../../src/notify/config-file.ts';
import { EXAMPLE } from '../../src/notify/example.ts';

const read = (text: string) => readConfig(text, 'notify.yaml');

describe('notify.yaml', () => {
  it('is read as the example shows it', () => {
    const { ok, ...rest } = read(EXAMPLE);
    expect({ ok, rest }).toMatchObject({ ok: true });
    expect(rest).toMatchObject({ config: { rules: [{ name: 'serious' }, { when: { ownerCountry: ['CN'] } }] } });
  });

  const RECEIVER = 'receivers:\n  desk:\n    type: webhook\n    url: https://desk.example.org/\n';
  it.each([
    [
      'a bad word',
      `${RECEIVER}rules:\n  - name: a\n    when: { severity: hihg }\n    send: [desk]\n`,
      /notify\.yaml:7: rules\[0\]\.when\.severity: /,
    ],
    [
      'a receiver that is not there',
      `${RECEIVER}rules:\n  - name: a\n    send: [dsek]\n`,
      /:7: rules\[0\]\.send\[0\]: no such receiver; there are: desk/,
    ],
    ['a field nobody knows', `${RECEIVER}    colour: red\n`, /:5: receivers\.desk\.colour: is not a known field/],
    [
      'a place nothing fills',
      `${RECEIVER}    body: { text: "{{txet}}" }\n`,
      /receivers\.desk\.body: nothing fills \{\{txet\}\}/,
    ],
    [
      'a template without its secret',
      'receivers:\n  t:\n    type: webhook\n    template: telegram\n    values: { chat: "1" }\n',
      /receivers\.t\.secrets: "token" is missing/,
    ],
    [
      'an address that is not encrypted',
      'receivers:\n  t:\n    type: webhook\n    url: http://a.example/\n',
      /:4: receivers\.t\.url: must begin with https:/,
    ],
    [
      'mail that is not encrypted',
      'receivers:\n  m: { type: email, server: a.example, tls: none, from: a@a.example, to: [b@a.example] }\n',
      /receivers\.m\.tls: mail may go unencrypted only/,
    ],
    [
      'a mute without an end',
      'mutes:\n  - name: a\n    when: { kind: imei }\n    reason: known to us\n',
      /mutes\[0\]\.until: /,
    ],
    [
      'a mute of everything',
      'mutes:\n  - { name: a, when: {}, reason: known, until: 2027-01-01 }\n',
      /mutes\[0\]\.when: must hold a condition/,
    ],
    [
      'a secret by a path',
      'receivers:\n  t: { type: webhook, url: "https://a.example/", signWith: ../token }\n',
      /receivers\.t\.signWith: must be the name of a file/,
    ],
    ['no YAML', 'rules: [\n', /notify\.yaml(:\d+)?: /],
  ])('says where and what: %s', (_, text, line) => {
    const result = read(text);
    expect(result.ok ? [] : result.problems.map((problem) => say(problem))).toContainEqual(expect.stringMatching(line));
  });

  it('quotes no value in what it says', () => {
    const result = read('receivers:\n  t: { type: webhook, url: 5, token: "hunter2-secret" }\n');
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

describe('files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'phonehome-config-'));
    mkdirSync(join(directory, 'secrets'), { mode: 0o700 });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keep their comments when the API changes them, and are of mode 0600', () => {
    const file = join(directory, 'notify.yaml');
    writeFileSync(file, '# ours\nrules: []\n');
    editConfig(file, (document) =>
      document.set('mutes', [{ name: 'a', when: { kind: 'imei' }, reason: 'known', until: '2027-01-01' }]),
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^# ours\n[\s\S]*until: "?2027-01-01/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadConfig(file, ownFiles).mutes).toHaveLength(1);
    expect(() => editConfig(file, (document) => document.set('rules', [{ name: 'a', send: ['nobody'] }]))).toThrow(
      /no such receiver/,
    );
    expect(loadConfig(file, ownFiles).rules, 'as it was').toEqual([]);
  });

  it('hold secrets that nobody else can read, or none', () => {
    const secretOf = secretsIn(join(directory, 'secrets'), ownFiles);
    expect(() => secretOf('a')).toThrow(/cannot be read \(ENOENT\): put the secret into it/);
    writeFileSync(join(directory, 'secrets', 'a'), 'hush\n', { mode: 0o600 });
    expect(secretOf('a')).toBe('hush');
    chmodSync(join(directory, 'secrets', 'a'), 0o644);
    expect(() => secretOf('a')).toThrow(/can be read by others/);
  });
});
