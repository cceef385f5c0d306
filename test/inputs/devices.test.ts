/** Commands that register phones, one after another in one data directory, with what each must say, show or refuse. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { phonehome } from '../cli/phonehome.ts';

interface Sheet {
  steps: { args: string[] }[];
  cases: { step: number; name: string; oneOf: string[]; says?: string; showsStep?: number; shows?: string }[];
}

const sheet = JSON.parse(
  readFileSync(join(import.meta.dirname, 'devices/registration.expected.json'), 'utf8'),
) as Sheet;
const dir = mkdtempSync(join(tmpdir(), 'phonehome-inputs-'));
const ran: { code: number | null; output: string }[] = [];
beforeAll(async () => {
  for (const { args } of sheet.steps) {
    const { code, stdout, stderr } = await phonehome([...args, '--data', dir]);
    ran.push({ code, output: stdout + stderr });
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it.each(sheet.cases)('$name', ({ step, oneOf, says, showsStep, shows }) => {
  const { code, output } = ran[step]!;
  const right = [
    oneOf.includes('refused') && code !== 0,
    oneOf.includes('says') && says !== undefined && new RegExp(says).test(output),
    oneOf.includes('shows') && showsStep !== undefined && new RegExp(shows ?? '$^').test(ran[showsStep]!.output),
  ];
  expect(right, output).toContain(true);
});
