/** What the parts of the settings share. */
import type { ComponentChildren } from 'preact';
import { role } from './lab.ts';

export function Part({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section aria-labelledby={`${id}-title`} class="part">
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

export const isOperator = (): boolean => role.value === 'operator' || role.value === 'administrator';
