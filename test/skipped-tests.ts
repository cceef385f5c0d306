/**
 * The end of a test run: how many tests were skipped for want of what, and what to install for them. Where nothing may be
 * skipped (CI=true or LAB_REQUIRED=1) a skipped test fails the run, but for want of a tool that MISSING_TOOLS names.
 */
import type { Reporter, Vitest } from 'vitest/node';
import { pretended, RIGHTS } from './clients/tools.ts';

const NO_REASON = 'no reason given';

export function reportSkipped(): Reporter {
  let vitest: Vitest | undefined;
  return {
    onInit(started) {
      vitest = started;
    },
    onTestRunEnd(modules) {
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      const lacks = tests
        .filter((test) => test.result().state === 'skipped')
        .map((test) => test.meta().lacks ?? [NO_REASON])
        // Left out by the name given on the command line: nobody asked for them.
        .filter((each) => !(vitest?.config.testNamePattern && each.includes(NO_REASON)));
      if (lacks.length === 0) return;
      process.stdout.write(`\n${drawSkipped(lacks, tests.length).join('\n')}\n`);
      const forbidden = process.env.CI === 'true' || process.env.LAB_REQUIRED === '1';
      if (!forbidden || lacks.every((each) => each.every(pretended))) return;
      process.stdout.write('With CI=true or LAB_REQUIRED=1 no test may be skipped: this run has failed.\n');
      process.exitCode = 1;
    },
  };
}

/** `lacks`: for each skipped test what it lacked. */
export function drawSkipped(lacks: readonly (readonly string[])[], tests: number): string[] {
  const counts = new Map<string, number>();
  for (const each of lacks) for (const lack of each) counts.set(lack, (counts.get(lack) ?? 0) + 1);
  const rows = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  const packages = rows.map(([lack]) => lack).filter((lack) => !RIGHTS.includes(lack) && lack !== NO_REASON);
  return [
    `Skipped ${lacks.length} of ${tests} tests for want of (one test may want several):`,
    ...rows.map(([lack, count]) => `  ${lack.padEnd(24)} ${String(count).padStart(5)}`),
    ...(packages.length > 0 ? [`On Debian: apt-get install ${packages.sort().join(' ')}`] : []),
    ...(counts.has('root') ? ['As root: the tests that make networks of their own.'] : []),
  ];
}
