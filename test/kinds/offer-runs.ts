/**
 * A plain reading of the contract in src/kinds/kind.ts: which runs of a text are offered to which shape.
 * Slow and simple on purpose: the vectors are judged by it, whatever the engine's fast scan does.
 */

import { isKeyName } from '../../src/kinds/key-names.ts';
import type { Anchor, Run, Shape, Verdict } from '../../src/kinds/kind.ts';
import type { Device } from '../../src/model/device.ts';

const PATTERNS: Record<Exclude<Anchor, 'key'>, RegExp> = {
  digits: /(?<!\d)\d(?:[- ]?\d){6,31}(?!\d)/g,
  hex: /(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}(?![0-9A-Fa-f-])|[0-9A-Fa-f]{8,64}(?![0-9A-Fa-f]))/g,
  mac: /(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})(?![0-9A-Fa-f]|[:.-][0-9A-Fa-f])/g,
  uuid: /(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])/g,
  at: /[^\s"'<>]{0,80}@[^\s"'<>]{0,128}/g,
  decimal: /-?(?<![\d.])\d{1,3}\.\d{2,}|(?<![\d.])\d{4}\.\d{2,}(?=,?[NS])|(?<=[NS],?)\d{4}\.\d{2,}/g,
};
const KEY = /(?:^|[{,;&?<\s[("'/:.])["']?([A-Za-z][A-Za-z0-9_.-]{0,40})(?:["'\]]{0,3}\s?[:=,]\s?|>)/g;
const VALUE = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\[[^\]]*\])|([^\s&",{}<>]+))/;
const PRECEDING_KEY = /([A-Za-z][A-Za-z0-9_.-]{0,40})(?:["'\]]{0,3}\s?[:=,]\s?\[?|>)["']?\+?$/;

export function offerRuns(text: string, shape: Shape, device?: Device): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const anchor of shape.anchors) {
    const runs = anchor === 'key' ? keyed(text) : anchored(text, PATTERNS[anchor]);
    for (const run of runs) {
      const verdict = shape.judge(device ? { ...run, device } : run);
      if (verdict && !verdicts.some((one) => one.start === verdict.start && one.value === verdict.value)) {
        verdicts.push(verdict);
      }
    }
  }
  return verdicts;
}

function anchored(text: string, pattern: RegExp): Run[] {
  return [...text.matchAll(pattern)].map((match) => ({
    text,
    start: match.index,
    end: match.index + match[0].length,
    key: PRECEDING_KEY.exec(text.slice(Math.max(0, match.index - 80), match.index))?.[1] ?? null,
  }));
}

function keyed(text: string): Run[] {
  const runs: Run[] = [];
  for (const match of text.matchAll(KEY)) {
    const key = match[1] ?? '';
    const from = match.index + match[0].length;
    const value = VALUE.exec(text.slice(from, from + 1024));
    if (!value || !isKeyName(key)) continue;
    const inner = value[1] ?? value[2] ?? value[3] ?? value[4] ?? '';
    const start = from + (value[0].length - inner.length) / 2;
    runs.push({ text, start, end: start + inner.length, key });
  }
  return runs;
}
