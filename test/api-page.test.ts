import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NEEDED } from '../src/sinks/live/roles.ts';
import { API_PAGE, apiPage } from './api-page.ts';

it('docs/api.md is what the lab says of its API (npm run api writes it anew)', () => {
  expect(readFileSync(API_PAGE, 'utf8')).toBe(apiPage());
});

it('names every address', () => {
  const page = apiPage();
  const missing = Object.keys(NEEDED).filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual(['GET /api/alerts/live']); // the WebSocket, below the table
  expect(page).toContain('WebSocket `/api/alerts/live`');
});
