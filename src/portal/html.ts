/** The frame of every set-up page: plain HTML of one column, no script, no outside resource. */

import { escapeHtml } from '../formats/html.ts';
import { PAGE_LANGUAGES, type PageLanguage, type PageWords, wordsIn } from './words.ts';

/** What stands around a page, in its language; a page without gets English. */
export interface Frame {
  words: PageWords;
  /** The same page in another language. */
  inLanguage: ((language: PageLanguage) => string) | null;
}

/** `title` is text, `body` is HTML. */
export function page(title: string, body: string, frame: Frame = { words: wordsIn('en'), inLanguage: null }): string {
  const { words, inLanguage } = frame;
  const others = Object.entries(PAGE_LANGUAGES).map(([code, name]) =>
    code === words.language
      ? `<strong>${name}</strong>`
      : `<a href="${escapeHtml(inLanguage?.(code as PageLanguage) ?? '')}" lang="${code}" hreflang="${code}">${name}</a>`,
  );
  return `<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} – Phonehome</title>
<link rel="stylesheet" href="/setup.css">
</head>
<body>
<header><a href="/setup"><strong>Phonehome</strong></a><span>${escapeHtml(words.say('tagline'))}</span>${inLanguage === null ? '' : `<nav aria-label="${escapeHtml(words.say('language'))}">${others.join(' · ')}</nav>`}</header>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
<footer>${escapeHtml(words.say('footer'))}</footer>
</body>
</html>
`;
}

/** A page inside another one: lines of state, no frame. */
export function framed(language: string, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/setup.css">
</head>
<body class="framed">
${body}
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
h1 { clear: both; font-size: 1.5rem; line-height: 1.25; margin: 0.4rem 0 1rem; }
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
header nav { float: right; font-size: 0.9rem; padding-top: 0.2rem; }
header nav a { font-size: inherit; color: #0b57d0; text-decoration: underline; }
a { color: #0b57d0; }
.framed { background: transparent; font-size: 16px; }
.framed ul { list-style: none; padding: 0; margin: 0; }
.framed li { padding: 0.3rem 0 0.3rem 2.1rem; margin: 0; text-indent: -2.1rem; }
.sign { display: inline-block; vertical-align: middle; width: 1.5rem; height: 1.5rem; line-height: 1.5rem; margin-right: 0.6rem; border-radius: 50%; text-align: center; text-indent: 0; border: 1px solid #9aa4af; }
.done .sign { color: #fff; background: #0d652d; border-color: #0d652d; }
.missed .sign { color: #fff; background: #8c1d18; border-color: #8c1d18; }
.probe { position: absolute; width: 1px; height: 1px; opacity: 0; }
iframe { display: block; width: 100%; border: 0; }
.state { height: 24rem; }
.results { height: 40rem; }
@media (min-width: 36rem) { .state { height: 17rem; } .results { height: 34rem; } }
summary.done { color: #0d652d; }
.picture { display: block; max-width: 100%; height: auto; margin: 0.6rem 0; }
.picture text { font-family: system-ui, -apple-system, Roboto, sans-serif; font-size: 14px; fill: #1b1f24; }
.picture .phone { fill: #f6f7f9; stroke: #5b6570; stroke-width: 3; }
.picture .speaker { fill: #5b6570; }
.picture .row rect { fill: #fff; stroke: #dfe3e8; }
.picture .last rect:first-child { fill: #e7f0fe; stroke: #0b57d0; stroke-width: 2; }
.picture .last text { font-weight: 600; }
.picture .arrow { fill: none; stroke: #5b6570; stroke-width: 2; }
.picture .tap { fill: none; stroke: #0b57d0; stroke-width: 3; }
.picture .row .on { fill: #0d652d; stroke: none; }
.picture .knob { fill: #fff; }
.notice { border-left: 4px solid #5b6570; }
pre { overflow-x: auto; font: 0.85em/1.5 ui-monospace, Menlo, monospace; }
footer { color: #5b6570; font-size: 0.85rem; padding-bottom: 2rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8eb; background: #111418; }
  section, details { background: #1a1f25; border-color: #2c333b; }
  a, header nav a { color: #8ab4f8; }
  .button { background: #1f5fc4; color: #fff; }
  .done .sign { background: #1e7a3e; border-color: #1e7a3e; }
  summary.done { color: #9fdcb0; }
  .picture text { fill: #e6e8eb; }
  .picture .phone { fill: #111418; stroke: #9aa4af; }
  .picture .speaker { fill: #9aa4af; }
  .picture .row rect { fill: #1a1f25; stroke: #2c333b; }
  .picture .last rect:first-child { fill: #16263f; stroke: #8ab4f8; }
  .picture .arrow { stroke: #9aa4af; }
  .picture .tap { stroke: #8ab4f8; }
  .button.plain { background: #26303d; color: #b9d0ff; }
  header span, .note, dt, footer { color: #9aa4af; }
  .good { background: #12351f; color: #9fdcb0; }
  .bad { background: #3b1513; color: #f2b8b5; }
  .verdict { color: #f5b4ae; }
}
`;
