/** `npm run test:faults [-- --full] [-- --seed N] [-- --only TEXT]`: what breaks, and that nothing that was shown is lost by it. */
import { createRandom, readTrialOptions, runTrials } from '../trials/trial.ts';
import { faults } from './faults.ts';

const options = readTrialOptions(process.argv.slice(2));
process.exitCode = await runTrials(
  'fault',
  faults,
  { random: createRandom(options.seed), isFull: options.isFull },
  options,
);
// What a failed trial left open must not keep this process.
process.exit();
