/** What happened to the last connections of a phone to a server. */
import { z } from 'zod';
import { count, milliseconds, text } from './parts.ts';
import { sentence } from './text.ts';

export const why = z
  .object({
    device: text.describe("Registered device id, or the phone's address."),
    host: text,
    connections: count.describe('How many of the latest were looked at.'),
    lastAt: milliseconds,
    sentence: text.describe('What happened, why, and what can be done, in English.'),
    text: sentence.describe('The same for every other language.'),
  })
  .describe("Why an app's connections to a server went as they did.");
