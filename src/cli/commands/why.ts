/** `phonehome why HOST`: what happened to the last connections to a server, why, and what can be done. Of a running lab. */
import { say } from '../../formats/say.ts';
import { text } from '../../model/text.ts';
import type { Why } from '../../model/why.ts';
import { addressOf, call, listIn, type ReachFlags } from '../lab-client.ts';
import { print, printJson } from '../output.ts';

interface WhyFlags extends ReachFlags {
  json: boolean;
  device?: string | null;
}

export async function why(given: Record<string, unknown>, [host = '']: string[]): Promise<number> {
  const flags = given as unknown as WhyFlags;
  const query = new URLSearchParams({ host, ...(flags.device ? { device: flags.device } : {}) });
  const answers = listIn<Why>(await call(addressOf(flags), 'GET', `/api/why?${query}`), 'why');
  if (flags.json) for (const one of answers) printJson({ type: 'why', ...one });
  else if (answers.length === 0) print(say(text('why.never', { phone: flags.device ?? text('why.nobody'), host })));
  else print(...answers.flatMap(({ sentence }, index) => (index === 0 ? [sentence] : ['', sentence])));
  return 0;
}
