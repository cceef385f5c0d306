/** Bytes opened by the lab: layer in layer, each as a table of fields, as text, as hex; what belongs to the phone is marked in every one. */
import { useState } from 'preact/hooks';
import type { OpenedLayer } from '../../src/model/opened.ts';
import { useAnswer } from './answer.ts';
import { bytes as amount } from './bytes.ts';
import { bytesOf } from './export-exchange.ts';
import { lab, type QueryOf } from './lab.ts';
import { t } from './words.ts';

type View = 'tree' | 'text' | 'hex';

type Part = Omit<QueryOf<'/api/flows/{id}/content/opened'>, 'reveal'>;

/** @param id of the flow, @param of which of its kept bytes */
export function Opened({ id, of }: { id: string; of: Part }) {
  const { value, refusal } = useAnswer({ path: { id }, query: { ...of, reveal: true } }, (params) =>
    lab.GET('/api/flows/{id}/content/opened', { params }),
  );
  if (refusal?.status === 404) return <p class="quiet">{t('content.not-kept')}</p>;
  if (refusal) return <p class="refusal">{refusal.message}</p>;
  if (!value) return <p class="quiet">{t('live.loading')}</p>;
  return (
    <div class="opened">
      {!value.isWhole && <p class="doubt">{t('content.not-whole')}</p>}
      {numbered(value.layers).map(({ place, one: layer }) => (
        <Layer key={place} layer={layer} way={wayTo(value.layers, place)} isLast={isLast(value.layers, place)} />
      ))}
    </div>
  );
}

/** Of a list that never changes: each with its place. */
export const numbered = <T,>(list: readonly T[]): { place: number; one: T }[] =>
  list.map((one, place) => ({ place, one }));

/** `body ▸ gzip ▸ $.d base64`. */
function wayTo(layers: readonly OpenedLayer[], place: number): string {
  const way: string[] = [];
  for (let at: number | null = place; at !== null; at = layers[at]?.parent ?? null) {
    const layer = layers[at];
    way.unshift([layer?.at, layer?.name].filter(Boolean).join(' '));
  }
  return way.join(' ▸ ');
}

const isLast = (layers: readonly OpenedLayer[], place: number): boolean =>
  !layers.some(({ parent }) => parent === place);
const isMarked = ({ marks, fields }: OpenedLayer): boolean =>
  marks.length > 0 || fields.some((field) => field.marks.length > 0);

function Layer({ layer, way, isLast: isInnermost }: { layer: OpenedLayer; way: string; isLast: boolean }) {
  const views: View[] = [
    ...(layer.fields.length > 0 ? ['tree' as const] : []),
    ...(layer.text === null ? [] : ['text' as const]),
    'hex',
  ];
  const [view, setView] = useState<View>(views[0] as View);
  return (
    <details class="layer" open={isInnermost || isMarked(layer)}>
      <summary>
        {way} <span class="quiet">{amount(layer.bytes)}</span>
        {isMarked(layer) && <span class="badge critical">{t('content.holds')}</span>}
      </summary>
      <fieldset class="views">
        <legend class="hidden">{t('content.view')}</legend>
        {views.map((one) => (
          <button key={one} type="button" class="button" aria-pressed={view === one} onClick={() => setView(one)}>
            {t(`content.view.${one}`)}
          </button>
        ))}
      </fieldset>
      {view === 'tree' && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('content.field')}</th>
              <th scope="col">{t('content.value')}</th>
            </tr>
          </thead>
          <tbody>
            {numbered(layer.fields).map(({ place, one: { path, value, marks } }) => (
              <tr key={place}>
                <td>
                  <code>{path}</code>
                </td>
                <td>
                  <code>
                    <Marked text={value} marks={marks} />
                  </code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {view === 'text' && (
        <pre>
          <Marked text={layer.text ?? ''} marks={layer.marks} />
        </pre>
      )}
      {view === 'hex' && <pre>{hexOf(bytesOf(layer.start))}</pre>}
      {(layer.cut || (view === 'hex' && layer.bytes > bytesOf(layer.start).length)) && (
        <p class="quiet">{t('content.cut')}</p>
      )}
    </details>
  );
}

export function Marked({ text, marks }: { text: string; marks: readonly (readonly [number, number])[] }) {
  let at = 0;
  const parts = marks.flatMap(([from, to]) => {
    const pieces = [text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>];
    at = to;
    return pieces;
  });
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  );
}

const LINE = 16;

/** Offset, bytes, and what of them is ASCII. */
export function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = [...bytes.subarray(at, at + LINE)];
    const digits = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${digits.padEnd(3 * LINE - 1)}  ${letters}`);
  }
  return lines.join('\n');
}
