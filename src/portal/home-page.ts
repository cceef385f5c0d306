/** What a browser without a session gets at `/` of the UI port: where to sign in, how to set a phone up, how to watch without either. */
import { escapeHtml } from '../formats/html.ts';
import type { SetupKey } from '../model/catalogue/setup-en.ts';
import type { PageWords } from './words.ts';

export function homePage(words: PageWords, apiUrl: string, signedInAs: string | null): string {
  const say = (key: SetupKey, values?: Record<string, string>): string => escapeHtml(words.say(key, values));
  const isOperator = signedInAs === 'operator' || signedInAs === 'administrator';
  return `${signedInAs === null ? signIn(say) : signOut(signedInAs, say)}
<section><h2>${say('home.what')}</h2><p>${say('home.what.text')}</p></section>
${isOperator ? `<section><h2>${say('home.runs')}</h2><p><a class="button" href="/case">${say('home.runs.button')}</a></p></section>` : ''}
<section><h2>${say('home.phone')}</h2><p><a class="button" href="/setup">${say('home.phone.button')}</a></p></section>
<section><h2>${say('home.watch')}</h2>
<ul><li>${say('home.watch.terminal')} <code>phonehome watch</code></li>
<li>${say('home.watch.elsewhere')} <code>PHONEHOME_TOKEN=… phonehome watch --url ${escapeHtml(apiUrl)}</code></li>
<li>${say('home.watch.program')} <code>GET /api/alerts</code>, <code>/api/alerts/live</code> (<code>/openapi.json</code>, <code>/asyncapi.json</code>)</li></ul>
<p class="note">${say('home.watch.token')}</p></section>`;
}

type Say = (key: SetupKey, values?: Record<string, string>) => string;

const signIn = (say: Say): string => `<section><h2>${say('home.sign-in')}</h2><form method="post" action="/sign-in">
<p><label>${say('home.token')}<br><input type="password" name="token" autocomplete="current-password" required></label> <button class="button">${say('home.sign-in')}</button></p></form>
<p class="note">${say('home.ui')} <code>phonehome ui</code></p></section>`;

const ROLE_WORDS: Record<string, SetupKey> = {
  viewer: 'role.viewer',
  operator: 'role.operator',
  administrator: 'role.administrator',
};

function signOut(role: string, say: Say): string {
  const key = ROLE_WORDS[role];
  const called = key === undefined ? role : say(key);
  return `<section><h2>${say('home.signed-in', { role: called })}</h2><form method="post" action="/sign-out"><button class="button plain">${say('home.sign-out')}</button></form>
<p class="note">${say('home.not-built')} <code>npm ci</code></p></section>`;
}
