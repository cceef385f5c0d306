/** `npm run test:attack [-- --full] [-- --seed N] [-- --only TEXT]`: what attackers try, and that no one is let in. */
import { createRandom, readTrialOptions, runTrials } from '../trials/trial.ts';
import { openAttackContext } from './attack.ts';
import { attacks } from './attacks.ts';

const options = readTrialOptions(process.argv.slice(2));
const context = await openAttackContext(createRandom(options.seed), options.isFull);
try {
  process.exitCode = await runTrials('attack', attacks, context, options);
} finally {
  await context.end();
}
// What a failed trial left open must not keep this process.
process.exit();
