/** `npm run prepare:geo`: makes the tables of networks ahead of the first start, e.g. when building an image. */
import { INSTALLED_DIR } from './packages.ts';
import { prepareGeo } from './preparation.ts';

try {
  await prepareGeo(INSTALLED_DIR, ({ text, done }) => process.stderr.write(`${text} ${Math.round(done * 100)} %\n`));
  process.stderr.write(`geo data: ready in ${INSTALLED_DIR}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
