/** The frame of every set-up page: plain HTML of one column, no script, no outside resource. */

import { escapeHtml } from '../formats/html.ts';

/** `title` is text, `body` is HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} – Phonehome</title>
<link rel="stylesheet" href="/setup.css">
</head>
<body>
<header><a href="/setup"><strong>Phonehome</strong></a><span>what a phone tells whom</span></header>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
<footer>This page comes from the lab itself. It loads nothing from anywhere else.</footer>
</body>
</html>
`;
}

/** A style sheet of its own because old browsers know no hashes in a content security policy. */
export const STYLE = `:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { margin: 0; font: 17px/1.5 system-ui, -apple-system, Roboto, sans-serif; color: #1b1f24; background: #f6f7f9; }
header, main, footer { max-width: 42rem; margin: 0 auto; padding: 0.75rem 1.1rem; }
header a { color: inherit; text-decoration: none; font-size: 1.15rem; }
header span { color: #5b6570; margin-left: 0.6rem; font-size: 0.9rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.4rem 0 1rem; }
h2 { font-size: 1.1rem; margin: 0 0 0.5rem; }
section, details { background: #fff; border: 1px solid #dfe3e8; border-radius: 12px; padding: 1rem 1.1rem; margin: 0 0 1rem; }
summary { font-weight: 600; cursor: pointer; }
details[open] summary { margin-bottom: 0.6rem; }
ol, ul { margin: 0.4rem 0; padding-left: 1.3rem; }
li { margin: 0.35rem 0; }
.step { display: inline-block; width: 1.7em; height: 1.7em; line-height: 1.7em; margin-right: 0.45rem; border-radius: 50%; text-align: center; color: #fff; background: #0b57d0; font-size: 0.95rem; }
.button { display: inline-block; margin: 0.3rem 0.4rem 0.3rem 0; padding: 0.65rem 1.1rem; border-radius: 999px; background: #0b57d0; color: #fff; text-decoration: none; font-weight: 600; }
button { border: 0; font: inherit; cursor: pointer; }
input { font: inherit; width: min(22rem, 100%); padding: 0.5rem 0.7rem; border: 1px solid #9aa4af; border-radius: 8px; }
.button.plain { background: #e7ecf5; color: #0b3d91; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 0.9rem; margin: 0.4rem 0; }
dt { color: #5b6570; }
dd { margin: 0; font-weight: 600; word-break: break-word; }
code { font: 0.9em ui-monospace, Menlo, monospace; word-break: break-all; }
.note { color: #5b6570; font-size: 0.92rem; }
.verdict { display: block; width: 100%; color: #8c1d18; font-weight: 600; }
.bad { padding: 0.8rem 1rem; border-radius: 12px; background: #fce8e6; color: #8c1d18; font-weight: 600; }
h3 { font-size: 1rem; margin: 1rem 0 0.3rem; }
.good { padding: 0.8rem 1rem; border-radius: 12px; background: #e6f4ea; color: #0d652d; font-weight: 600; }
.qr { display: block; width: 11rem; height: 11rem; margin: 0.5rem 0; background: #fff; border-radius: 8px; }
footer { color: #5b6570; font-size: 0.85rem; padding-bottom: 2rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8eb; background: #111418; }
  section, details { background: #1a1f25; border-color: #2c333b; }
  .button.plain { background: #26303d; color: #b9d0ff; }
  header span, .note, dt, footer { color: #9aa4af; }
  .good { background: #12351f; color: #9fdcb0; }
  .bad { background: #3b1513; color: #f2b8b5; }
  .verdict { color: #f5b4ae; }
}
`;
