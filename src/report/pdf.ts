/**
 * A report as PDF/A-2a: fonts inside, text that can be read out and searched, the same bytes for the same report. Typst sets it,
 * from data alone: no text of a phone, a server or a tester is ever part of its program.
 */
import { readFileSync } from 'node:fs';
import { NodeCompiler, PdfStandard } from '@myriaddreamin/typst-ts-node-compiler';
import { numbered, type ReportDocument } from './document.ts';

/** Of characters that its font lacks Typst names some at a time. */
const MAX_ROUNDS = 20;

/** @param madeAt ISO 8601, written into the file */
export function reportPdf(document: ReportDocument, madeAt: string): Buffer {
  const compiler = NodeCompiler.create({ workspace: import.meta.dirname });
  const program = readFileSync(new URL('./report.typ', import.meta.url), 'utf8');
  const seconds = Math.floor(Date.parse(madeAt) / 1000);
  // Letters that are written from right to left would turn the line around them: they stand as their numbers here.
  let report = replaced(
    JSON.stringify(document),
    /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/gu,
  );
  for (let round = 0; ; round++) {
    try {
      return compiler.pdf(
        { mainFileContent: program, inputs: { report } },
        { pdfStandard: PdfStandard.A_2a, creationTimestamp: seconds },
      );
    } catch (error) {
      const lacking = lackingIn(String(error));
      if (lacking.size === 0 || round === MAX_ROUNDS) throw error;
      report = replaced(report, /[^\0-\x7f]/gu, (char) => lacking.has(char));
    }
  }
}

/** Characters that stand in no font of ours. */
function lackingIn(error: string): Set<string> {
  const texts = error.matchAll(/the text `(.*?)` could not be displayed/gu);
  return new Set(
    [...texts].flatMap(([, text = '']) => [...text.replaceAll('\\"', '')].filter((char) => char > '\x7f')),
  );
}

/** Inside JSON, where a backslash has a meaning of its own. */
function replaced(json: string, chars: RegExp, isMeant: (char: string) => boolean = () => true): string {
  return json.replace(chars, (char) => (isMeant(char) ? JSON.stringify(numbered(char)).slice(1, -1) : char));
}
