/**
 * Which apps are on the phone: health, faith, love life and politics in one list. A list is five or more different
 * package names; one package name is how an app names itself.
 */

import { text } from '../../model/text.ts';
import { hintOf } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { found } from '../parts/verdict.ts';

/** Fewer could be an app and its SDKs. */
const FEWEST = 5;
const FEWEST_IN_SIGHT = 3;
/** A list is looked at this far. */
const REACH = 1024;
/** Android package or iOS bundle id: reverse domain, at least three parts or a known first one. */
const PACKAGE =
  /(?<![\w./:@-])(?:com|org|net|vn|cn|io|de|fr|ru|in|jp|co|me|app|tv|us|uk|br|kr|tw|eu|info|air|mobi)(?:\.[A-Za-z_][\w-]{0,40}){1,6}(?![\w@/])/g;

export const installedApps: IdentifierKind = {
  kind: 'installed_apps',
  title: 'list of installed apps',
  spell: (): Spelling[] => [],
  shape: { anchors: ['key'], named: 'installed_apps', judge },
  vectors: [
    {
      name: 'array beside its name',
      text: '{"installed_apps":["com.whatsapp","com.grindr.android","org.mozilla.firefox","vn.momo.app","com.zing.zalo"]}',
      expect: {
        value: 'com.whatsapp,com.grindr.android,org.mozilla.firefox,vn.momo.app,com.zing.zalo',
        confidence: 'likely',
      },
    },
    {
      name: 'separated by semicolons',
      text: 'applist=com.whatsapp;com.zing.zalo;org.telegram.messenger;com.facebook.katana;com.skype.raider',
      expect: {
        value: 'com.whatsapp,com.zing.zalo,org.telegram.messenger,com.facebook.katana,com.skype.raider',
        confidence: 'likely',
      },
      source: 'Adups 2016: app lists (format assumed)',
    },
    {
      name: 'an app and two of its libraries',
      text: '{"packages":["com.example.app","com.google.gms","com.squareup.okhttp"]}',
      expect: null,
    },
    {
      name: 'host names',
      text: '{"list":"a.example.com,b.example.com,c.example.com,d.example.com,e.example.com"}',
      expect: null,
    },
    { name: 'the same package again and again', text: `{"packages":"${'com.example.app,'.repeat(8)}"}`, expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const hint = hintOf(run, 'installed_apps');
  if (!hint) return null;
  // Every name has a dot: the usual no, said quickly.
  if (!hasDots(run.text, run.start, FEWEST_IN_SIGHT)) return null;
  const window = run.text.slice(Math.max(0, run.start - REACH), run.start);
  // Of a list offered one by one, the first reports for all.
  if (window.slice(window.lastIndexOf('[') + 1).search(PACKAGE) >= 0) return null;
  const area = run.text.slice(run.start, Math.max(run.end, run.start + REACH));
  const packages = new Map<string, number>();
  for (const match of area.matchAll(PACKAGE)) {
    if (!packages.has(match[0])) packages.set(match[0], match.index + match[0].length);
  }
  const last = Math.max(0, ...packages.values());
  // A list that runs out of sight is longer than what can be seen of it.
  const cut =
    packages.size >= FEWEST_IN_SIGHT &&
    area.length < REACH &&
    // The next of a list of objects goes on behind a comma.
    !/[\])&]|\}(?!\s{0,3},)/.test(area.slice(last)) &&
    area.length > last + 1;
  if (packages.size < FEWEST && !cut) return null;
  const span = { start: run.start, end: run.start + last };
  const isNamed = hint.group === 'strong';
  const reasoning = text(isNamed ? 'reason.installed-apps.named' : 'reason.installed-apps.list', {
    least: packages.size,
  });
  return found(span, [...packages.keys()].join(','), isNamed ? 'likely' : 'possible', reasoning);
}

function hasDots(text: string, from: number, fewest: number): boolean {
  let at = from;
  for (let count = 0; count < fewest; count++) {
    at = text.indexOf('.', at) + 1;
    if (at === 0) return false;
  }
  return true;
}
