/** Reads vitest's JSON reports and says what failed and what the first run skipped; the last line is the sum of `.ci/run`. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What was expected and what came, without the rest of the stack. */
const reason = (messages = []) =>
  messages.filter(Boolean).map((message) => `\n    ${message.split(/\n\s+at /)[0].slice(0, 600).replaceAll('\n', '\n    ')}`).join('');

const sums = process.argv.slice(2).map((file, index) => {
  const run = path.basename(file);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!text) {
    console.log(`${run}: nothing was reported`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const { testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(text);
  const hooks = existsSync(`${file}.hooks`) ? JSON.parse(readFileSync(`${file}.hooks`, 'utf8')) : {};
  let unloaded = 0;
  for (const file of testResults) {
    const name = path.relative('.', file.name);
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      unloaded++;
      console.log(`${run}: did not run: ${name}${reason([file.message, ...(hooks[file.name] ?? [])])}`);
    }
    for (const test of file.assertionResults)
      if (test.status === 'failed' || (index === 0 && test.status !== 'passed'))
        console.log(`${run}: ${test.status}: ${name} > ${test.fullName}${reason(test.failureMessages)}`);
  }
  return { passed: numPassedTests, failed: numFailedTests + unloaded, skipped: numPendingTests + numTodoTests };
});
for (const [index, { passed, failed, skipped }] of sums.entries())
  console.log(`${path.basename(process.argv[index + 2])}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
const failed = sums.reduce((sum, one) => sum + one.failed, 0);
console.log(`tests: ${sums[0].passed} passed, ${failed} failed, ${sums[0].skipped} skipped`);
