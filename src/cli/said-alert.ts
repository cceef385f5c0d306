/** What the lab says in English in an alert and of coverage, in the language that was asked for. */
import { say } from '../formats/say.ts';
import type { Alert } from '../model/alert.ts';
import type { DeviceCoverage } from '../model/coverage.ts';
import type { Text } from '../model/text.ts';

const said = (text: Text | undefined, english: string, language: string): string =>
  text === undefined ? english : say(text, language);

/** What was stored without its text stays in English. */
export function alertIn(language: string, alert: Alert): Alert {
  if (language === 'en') return alert;
  const { identifier, attribution } = alert;
  return {
    ...alert,
    message: said(alert.text, alert.message, language),
    identifier: identifier && { ...identifier, reasoning: said(identifier.text, identifier.reasoning, language) },
    ...(attribution && {
      attribution: { ...attribution, reason: said(attribution.text, attribution.reason, language) },
    }),
  };
}

export const coverageIn = (language: string, coverage: DeviceCoverage): DeviceCoverage =>
  language === 'en' ? coverage : { ...coverage, sentence: said(coverage.text, coverage.sentence, language) };
