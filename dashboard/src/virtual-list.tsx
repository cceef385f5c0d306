/**
 * A list of any length of which only what is on the screen is drawn; rows may have any height and change it. The page itself
 * scrolls, so that a thumb and every key of the browser work as on any page.
 */
import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { language } from './words.ts';

export interface VirtualListProps {
  count: number;
  /** Of the whole list, where not all of it is laid out. */
  setSize?: number;
  /** Stays the same for the same row, wherever it stands. */
  keyOf: (index: number) => string | number;
  /** Of a row that was not drawn yet, CSS pixels. */
  rowHeight: number;
  /** Told what is on the screen. */
  onRange?: (first: number, last: number) => void;
  label: string;
  /** What a row is made of: as long as it is the same thing, the row is not drawn again. */
  identityOf: (index: number) => unknown;
  children: (index: number) => ComponentChildren;
  class?: string;
}

/** Rows beyond the screen that are drawn as well: the next one can have the focus. */
const OVERSCAN = 6;

export function VirtualList(props: VirtualListProps) {
  const { count, setSize = count, keyOf, rowHeight, onRange, label, identityOf, children, class: name } = props;
  const list = useRef<HTMLUListElement>(null);
  const [, redraw] = useState(0);
  const made = useRef<Virtualizer<Window, HTMLLIElement> | null>(null);
  // The same functions every time: with others all rows would be measured anew, a hundred thousand a frame.
  const latest = useRef({ keyOf, rowHeight });
  latest.current = { keyOf, rowHeight };
  const [stable] = useState({
    getItemKey: (index: number) => latest.current.keyOf(index),
    estimateSize: () => latest.current.rowHeight,
  });
  const options = {
    count,
    ...stable,
    overscan: OVERSCAN,
    scrollMargin: list.current === null ? 0 : Math.round(list.current.getBoundingClientRect().top + scrollY),
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialRect: { width: innerWidth, height: innerHeight },
    onChange: () => redraw((before) => before + 1),
  };
  made.current ??= new Virtualizer<Window, HTMLLIElement>(options);
  const virtual = made.current;
  virtual.setOptions({ ...virtual.options, ...options });
  useLayoutEffect(() => virtual._didMount(), [virtual]);
  useLayoutEffect(() => virtual._willUpdate());
  const items = virtual.getVirtualItems();
  const drawn = useRef(new Map<unknown, { is: unknown; language: string; row: ComponentChildren }>());
  const before = drawn.current;
  drawn.current = new Map();
  // The same object as last time is left alone by Preact.
  const rowOf = (key: unknown, index: number): ComponentChildren => {
    const is = identityOf(index);
    const known = before.get(key);
    const row = known && known.is === is && known.language === language.value ? known.row : children(index);
    drawn.current.set(key, { is, language: language.value, row });
    return row;
  };
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (count > 0) onRange?.(first, last);
  });
  return (
    <ul ref={list} class={`virtual ${name ?? ''}`} aria-label={label} style={{ height: `${virtual.getTotalSize()}px` }}>
      {items.map(({ key, index, start }) => (
        <li
          key={key}
          ref={virtual.measureElement}
          data-index={index}
          aria-setsize={setSize}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
        >
          {rowOf(key, index)}
        </li>
      ))}
    </ul>
  );
}
