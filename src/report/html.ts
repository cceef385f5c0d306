/** A report as one HTML file: opens anywhere, loads and runs nothing, prints in black and white. */
import { escapeHtml } from '../formats/html.ts';
import type { Block, ReportDocument } from './document.ts';

export function reportHtml({ language, title, mark, foot, blocks }: ReportDocument): string {
  const main = `<main>\n${blocks.map(blockHtml).join('\n')}\n</main>`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${mark === null ? main : `<table class="sheet"><thead><tr><td><div class="mark">${escapeHtml(mark)}</div></td></tr></thead><tbody><tr><td>\n${main}\n</td></tr></tbody></table>`}
<footer>${escapeHtml(foot)}</footer>
</body>
</html>
`;
}

const TAGS = { title: 'h1', heading: 'h2', subheading: 'h3', paragraph: 'p' } as const;

function blockHtml(block: Block): string {
  switch (block.type) {
    case 'verdict':
      return `<p class="verdict">${escapeHtml(block.text)}</p>`;
    case 'facts':
      return `<dl>${block.rows.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
    case 'list':
      return `<ul>${items(block.items)}</ul>`;
    case 'steps':
      return `<ol>${items(block.items)}</ol>`;
    case 'table': {
      const head = block.head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
      const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`);
      return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
    }
    case 'figure':
      return `<figure role="img" aria-label="${escapeHtml(block.text)}">${block.svg}</figure>`;
    case 'page':
      return '<div class="page"></div>';
    default:
      return `<${TAGS[block.type]}>${escapeHtml(block.text)}</${TAGS[block.type]}>`;
  }
}

const items = (texts: readonly string[]): string => texts.map((text) => `<li>${escapeHtml(text)}</li>`).join('');

/** The head of a table is printed on every page, and covers nothing there; nothing here depends on colour. */
const STYLE = `
@page { margin: 18mm 15mm }
body { font: 11pt/1.4 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; color: #000; background: #fff; margin: 0 auto; max-width: 60rem; padding: 1rem }
h1 { font-size: 1.7em; margin: .2em 0 } h2 { font-size: 1.25em; border-bottom: 2px solid #000; margin: 1.2em 0 .5em; break-after: avoid } h3 { font-size: 1.05em; margin: .8em 0 .3em; break-after: avoid }
.verdict { font-size: 1.2em; font-weight: 700; border: 2px solid #000; padding: .6em .8em }
.mark { font-weight: 700; text-align: center; border: 1px dashed #000; padding: .2em; background: #fff }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em } dt { font-weight: 600 } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: .88em } th, td { border: 1px solid #000; padding: .25em .45em; text-align: left; vertical-align: top; overflow-wrap: anywhere } th { min-width: 5.5em } thead { display: table-header-group } tr { break-inside: avoid }
.sheet { font-size: inherit } .sheet > * > tr > td { border: 0; padding: 0 0 .4em; overflow-wrap: normal } .sheet > tbody > tr { break-inside: auto }
figure { margin: .5em 0 } svg { width: 100%; height: auto } footer { font-size: .8em; margin-top: 2em; overflow-wrap: anywhere }
li { overflow-wrap: anywhere; margin: .15em 0 }
@media print { body { max-width: none; padding: 0; font-size: 9.5pt } .page { break-before: page } }`;
