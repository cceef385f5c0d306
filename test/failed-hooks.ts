/**
 * Beside vitest's JSON report, which is silent about it: why tests of a file did not run at all, as `FILE.hooks`: of each file that
 * has such an error its messages. A hook that throws skips what it was for.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter } from 'vitest/node';

export function reportHooks(report: string): Reporter {
  return {
    onTestRunEnd(modules) {
      const errors = modules.map((module) => [
        module.moduleId,
        [module, ...module.children.allSuites()]
          .flatMap((suite) => suite.errors())
          .map(({ message, stack }) => stack ?? message),
      ]);
      writeFileSync(`${report}.hooks`, JSON.stringify(Object.fromEntries(errors.filter(([, said]) => said?.length))));
    },
  };
}
