/** A host as lists name it: with `probably` before it where the phone did not name it on this connection. */
import { text } from '../model/text.ts';
import { say } from './say.ts';

/** `shown`: what to show for it, a company with it say. */
export function saidHost({ host, guessed }: { host: string; guessed?: true | undefined }, shown = host): string {
  return guessed ? say(text('receiver.probably', { receiver: shown })) : shown;
}
