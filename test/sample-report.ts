/**
 * `npm run sample`: the guided case on the simulated Nokia, played through the real lab, and its reports and letter written to
 * docs/ as an example of what a tester gets. Takes two minutes, since the phone reacts two seconds after each unlock.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { runGuidedCase } from './e2e/guided-nokia.ts';
import { phonehome } from './e2e/lab-process.ts';

const DOCS = path.resolve(import.meta.dirname, '../docs');
const PICTURE = path.join(DOCS, 'sample-report');

const guided = await runGuidedCase((unlock) => 1900 + ((unlock * 97) % 500));
try {
  for (const language of ['en', 'vi'])
    for (const [name, ...flags] of [['sample-report'], ['sample-letter', '--letter']] as const) {
      const file = path.join(DOCS, `${name}-${language}.pdf`);
      const args = ['report', guided.caseId, '--data', guided.lab.dataDir, '--out', file, '--lang', language, ...flags];
      const { code, stderr } = await phonehome(args);
      if (code !== 0) throw new Error(stderr);
    }
  execFileSync('pdftoppm', ['-png', '-r', '75', '-f', '1', '-l', '1', '-singlefile', `${PICTURE}-en.pdf`, PICTURE]);
  console.log(guided.verdict);
} finally {
  await guided.end();
}
