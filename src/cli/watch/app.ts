/**
 * The terminal side of `watch`: Ink puts the drawn screen up, tells the size and the keys.
 * Promise: at most ten frames a second whatever the lab sends; the terminal is restored on every way out.
 */
import { Text, useApp, useInput, useWindowSize } from 'ink';
import { createElement, type ReactElement, useEffect, useReducer } from 'react';
import type { WatchKey, WatchModel } from './model.ts';
import { drawScreen } from './screen.ts';

export interface WatchAppProps {
  model: WatchModel;
  title: string;
  colour: boolean;
  onOlder: () => void;
  onReveal: () => void;
  /** Registers the function that asks for a new frame. */
  onChange: (redraw: () => void) => void;
}

const FRAME_MS = 100;

export function WatchApp({ model, title, colour, onOlder, onReveal, onChange }: WatchAppProps): ReactElement {
  const { exit } = useApp();
  const { columns, rows } = useWindowSize();
  const [, redraw] = useReducer((frame: number) => frame + 1, 0);

  useEffect(() => onChange(throttled(redraw, FRAME_MS)), [onChange]);
  useInput((input, key) => {
    for (const each of keysOf(input, key)) {
      const wish = model.press(each);
      if (wish === 'quit') exit();
      if (wish === 'older') onOlder();
      if (wish === 'reveal') onReveal();
    }
    redraw();
  });
  return createElement(
    Text,
    { wrap: 'truncate' },
    drawScreen(model, { columns, rows, colour, title, now: Date.now() }).join('\n'),
  );
}

const NAMED = {
  upArrow: 'up',
  downArrow: 'down',
  leftArrow: 'left',
  rightArrow: 'right',
  pageUp: 'page-up',
  pageDown: 'page-down',
  home: 'home',
  end: 'end',
  return: 'enter',
  escape: 'escape',
  backspace: 'backspace',
  delete: 'backspace',
} as const;

const CONTROL: Record<string, string> = { '\r': 'enter', '\n': 'enter', '\u007f': 'backspace', '\b': 'backspace' };

/** Fast typing and pasting deliver several characters at once, Enter among them. */
function keysOf(input: string, key: Partial<Record<string, unknown>>): WatchKey[] {
  for (const [flag, name] of Object.entries(NAMED)) if (key[flag]) return [{ name }];
  if (key.ctrl || key.meta || key.tab) return [];
  return [...input].flatMap((character): WatchKey[] => {
    const name = CONTROL[character];
    if (name) return [{ name }];
    return character >= ' ' ? [{ text: character }] : [];
  });
}

/** Calls at once, then at most every `everyMs`; the last change is never lost. */
function throttled(call: () => void, everyMs: number): () => void {
  let timer: NodeJS.Timeout | null = null;
  let again = false;
  return () => {
    if (timer) {
      again = true;
      return;
    }
    call();
    timer = setTimeout(function tick() {
      timer = again ? setTimeout(tick, everyMs) : null;
      if (again) call();
      again = false;
    }, everyMs);
  };
}
