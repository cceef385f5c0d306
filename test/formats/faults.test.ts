/** Errors of one line that people read: each comes from the catalogue, in both languages, and keeps its text on its way between threads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { privacyProblem } from '../../src/ca/private-file.ts';
import { listenProblem } from '../../src/door/listen-problem.ts';
import { readOwnersText } from '../../src/enrich/owners.ts';
import { heard, labError, told } from '../../src/formats/refusal.ts';
import { say } from '../../src/formats/say.ts';
import { parseGatewayConfig } from '../../src/gateway/config.ts';
import { loadDecoders } from '../../src/inspect/operator/loader.ts';
import { readNames } from '../../src/kinds/key-names.ts';
import { parseRanges } from '../../src/lab/access.ts';
import { backUp, restore } from '../../src/lab/backup.ts';
import { LabError } from '../../src/model/lab.ts';
import { text } from '../../src/model/text.ts';
import { loadConfig } from '../../src/notify/config-file.ts';
import { parsePlan } from '../../src/plans/plans.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'phonehome-faults-'));
afterAll(() => rmSync(directory, { recursive: true }));
const fileOf = (name: string, content: string): string => {
  const file = join(directory, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
};
const PLAN = 'name: a\ntitle: t\nsteps: [{do: x, wait: {}}]\n';

describe('what the lab says is wrong, in Vietnamese too', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a plan', () => parsePlan(PLAN, 'p.yaml'), /^p\.yaml:3: steps\.0\.wait: cần minutes hoặc seconds$/],
    ['a plan without steps', () => parsePlan('name: a\ntitle: t\nsteps: []\n', 'p.yaml'), /ít nhất một bước$/],
    [
      'gateway.yaml',
      () => parseGatewayConfig('lan: wlan0\nuplink: /\n', 'g.yaml'),
      /^g\.yaml:2: uplink cần tên giao diện/,
    ],
    [
      'notify.yaml',
      () => loadConfig(fileOf('notify.yaml', 'rules: [{name: r, send: [x]}]'), () => null),
      /không có nơi nhận này/,
    ],
    [
      'hub.yaml',
      () => readHubConfig(fileOf('hub.yaml', 'url: x\n'), () => null),
      /:1: url: cần địa chỉ máy chuyển tin/,
    ],
    [
      'hub.yaml that is not there, beside an address',
      () => readHubConfig(join(directory, 'none', 'hub.yaml'), () => null, 'nats://127.0.0.1:4222'),
      /none\/hub\.yaml/,
    ],
    [
      'an AES key',
      () => loadDecoders([fileOf('key.yaml', 'mode: cbc\n')]),
      /key\.yaml: cần key dài 16, 24 hoặc 32 byte/,
    ],
    ['a backup of nothing', () => backUp(directory, join(directory, 'b'), null), /không chứa phòng thử nào/],
    ['a restore over something', () => restore(directory, 'b', async () => null), /không trống: không ghi đè gì cả/],
    ['owners', () => readOwnersText('{"a.test": {}}', 'o.json'), /^o\.json: a\.test: cần "org" ở dạng văn bản$/],
    ['names of keys', () => readNames('nothing: {}', 'n.yaml'), /^n\.yaml: nothing không phải một loại/],
    [
      'a range',
      () => parseRanges(['10.0.0.0/99'], '--allow-clients'),
      /^--allow-clients 10\.0\.0\.0\/99: cần một dải địa chỉ/,
    ],
    ['a key of the store', () => readOrCreateKey(fileOf('e.key', 'x')), /không phải khoá bằng chứng/],
    [
      'a store',
      () => openSqliteStore({ key: null, file: fileOf('e.db', 'no database at all, but long enough to be looked at') }),
      /không phải cơ sở dữ liệu/,
    ],
  ])('%s', async (_what, act, said) => {
    const error: unknown = await Promise.resolve()
      .then(act)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LabError);
    const { message, text: why } = error as LabError;
    expect(why && say(why)).toBe(message);
    expect(why && say(why, 'vi')).toMatch(said);
  });

  it('of a port and of a file that others may have read', () => {
    const taken = listenProblem(Object.assign(new Error(), { code: 'EADDRINUSE' }), '0.0.0.0', 8080, '--ui-port');
    expect(taken.text && say(taken.text, 'vi')).toMatch(/^cổng 8080 đang được dùng/);
    const problem = privacyProblem(directory, { kind: 'file', keep: 'own', otherwise: 'move' });
    expect(problem && say(problem, 'vi')).toBe(`${directory} không phải là tệp: dời nó đi chỗ khác`);
  });

  it('is still there when an error came from another thread', () => {
    const why = text('backup.large', { data: 'd' });
    const came = heard(structuredClone(told(labError(why))));
    expect(came).toMatchObject({ name: 'LabError', message: say(why), text: why });
    expect(heard(structuredClone(told(new TypeError('x'))))).not.toBeInstanceOf(LabError);
  });
});
