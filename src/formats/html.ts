import { clean } from './terminal.ts';

/** Text made safe to stand in HTML or XML, between tags and in quoted attributes. */

export function escapeHtml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
