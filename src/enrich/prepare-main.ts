/** `npm run prepare:geo [DIR]`: makes the tables of networks ahead of the first start, e.g. when building an image. */
import { join } from 'node:path';
import { prepareGeo } from './prepare.ts';

const dir = process.argv[2] ?? join(import.meta.dirname, '../../geoip');
try {
  await prepareGeo(dir, ({ text, done }) => process.stderr.write(`${text} ${Math.round(done * 100)} %\n`));
  process.stderr.write(`geo data: ready in ${dir}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
