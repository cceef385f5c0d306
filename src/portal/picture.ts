/**
 * A way through a phone's settings as a picture: a phone with a row per menu, the last one to be tapped or switched on. SVG of
 * shapes and words only, which browsers of 2015 draw; its colours stand in the style sheet.
 */
import { escapeHtml } from '../formats/html.ts';

const ROW = 46;
const WIDTH = 300;
/** Letters of a row at this size; a longer one takes two lines. */
const LETTERS = 30;

/** `path` as in `Settings › Wi-Fi › Proxy`. `end`: what the last row is. */
export function pathPicture(path: string, end: 'tap' | 'switch'): string {
  const rows = path.split(' › ').map((one) => one.trim());
  const top = 30;
  const height = top + rows.length * ROW + 16;
  const drawn = rows.map((label, index) => row(label, top + index * ROW, index === rows.length - 1 ? end : 'open'));
  return `<svg class="picture" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeHtml(path)}"><rect class="phone" x="1.5" y="1.5" width="${WIDTH - 3}" height="${height - 3}" rx="22"/><rect class="speaker" x="${WIDTH / 2 - 22}" y="12" width="44" height="5" rx="2.5"/>${drawn.join('')}</svg>`;
}

function row(label: string, y: number, kind: 'open' | 'tap' | 'switch'): string {
  const isLast = kind !== 'open';
  const lines = twoLines(label);
  const first = y + ROW / 2 + (lines.length === 1 ? 4 : -4);
  const words = lines
    .map((line, index) => `<text x="24" y="${first + index * 15}">${escapeHtml(line)}</text>`)
    .join('');
  const right = WIDTH - 26;
  const middle = y + ROW / 2 - 1;
  const sign =
    kind === 'switch'
      ? `<rect class="on" x="${right - 34}" y="${middle - 10}" width="36" height="20" rx="10"/><circle class="knob" cx="${right - 8}" cy="${middle}" r="8"/>`
      : kind === 'tap'
        ? `<circle class="tap" cx="${right - 8}" cy="${middle}" r="9"/>`
        : `<path class="arrow" d="M${right - 10} ${middle - 6}l6 6l-6 6"/>`;
  return `<g class="${isLast ? 'row last' : 'row'}"><rect x="10" y="${y}" width="${WIDTH - 20}" height="${ROW - 4}" rx="8"/>${words}${sign}</g>`;
}

/** Broken at the last blank that fits. */
function twoLines(label: string): string[] {
  if (label.length <= LETTERS) return [label];
  const at = label.lastIndexOf(' ', LETTERS);
  const cut = at > 0 ? at : LETTERS;
  const rest = label.slice(cut).trim();
  return [label.slice(0, cut), rest.length > LETTERS ? `${rest.slice(0, LETTERS - 1)}…` : rest];
}
