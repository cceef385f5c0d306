/** A QR code as text for a terminal, two modules per character; null when it would not fit into `columns`. */
import { create } from 'qrcode';

const QUIET = 2;

/** Dark on light whatever the terminal's colours are, because phones read no inverted codes (ISO/IEC 18004 §6.3.8). */
export function qrCode(text: string, columns: number, colour: boolean): string | null {
  const { modules } = create(text, { errorCorrectionLevel: 'L' });
  const { size } = modules;
  if (size + 2 * QUIET + 2 > columns) return null;
  const dark = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < size && column < size && modules.get(row, column) === 1;
  const lines: string[] = [];
  for (let row = -QUIET; row < size + QUIET; row += 2) {
    let line = '';
    for (let column = -QUIET; column < size + QUIET; column++) {
      line += halfBlock(dark(row, column), dark(row + 1, column), colour);
    }
    lines.push(colour ? `  \u001b[30;107m${line}\u001b[0m` : `  ${line}`);
  }
  return lines.join('\n');
}

/** Without colours the light half is drawn: right on the dark terminals that are the rule. */
function halfBlock(top: boolean, bottom: boolean, colour: boolean): string {
  const upper = colour === top;
  const lower = colour === bottom;
  if (upper && lower) return '█';
  if (upper) return '▀';
  return lower ? '▄' : ' ';
}
