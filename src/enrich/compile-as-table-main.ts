/**
 * The process that compiles the AS tables: `node compile-as-table-main.ts '<CompileInput as JSON>'`.
 * Prints its progress (0 to 1) on stdout, one number per line; on failure one line on stderr and exit code 1.
 */
import { type CompileInput, compileAsTables } from './compile-as-table.ts';

try {
  const input = JSON.parse(process.argv[2] ?? '') as CompileInput;
  await compileAsTables(input, (done) => process.stdout.write(`${done}\n`));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
