/**
 * Takes away what no program of the lab reads from the packages that were installed below this one, and from them alone: headers of
 * Node, databases in a second form, maps of other scales, sources, source maps, tests, pages. Licences stay. Where the Node that
 * installs is new enough to run the lab, the Node that came along goes, too. Run by npm after installing, and by the Debian
 * build; an installation without it works the same and is larger. Plain JavaScript, so that any Node can read it.
 */
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules');
const WHOLE = [
  /^node-linux-\w+\/(include|share)$/,
  /^@ip-location-db\/[\w-]+\/[\w-]+-country\.mmdb$/,
  /^world-atlas\/(?!countries-110m).*\.json$/,
  /^zod\/src$/,
  /^koffi\/(vendor|doc|lib\/native)$/,
  /^koffi\/src\/.*\.(cc|hh|S|asm|inc|def|txt)$/,
  /^(@[\w-]+\/)?[\w.-]+\/(\.github|tests?|examples?)$/,
];
const FILES = /(\.map|\.md|\/\.(eslintrc.*|editorconfig|gitattributes|npmignore))$/;
const LICENCE = /\/(licen[cs]e|notice|copying)[^/]*$/i;
// npm runs scripts on the Node that came along; on which it runs itself, it says (`npm/… node/v20.20.2 linux x64`).
const installing = /\bnode\/v(\d+)/.exec(process.env.npm_config_user_agent ?? '');
if (Number(installing?.[1]) >= 26) WHOLE.push(/^node-linux-\w+$/);

visit('');

function visit(directory) {
  let entries = [];
  try {
    entries = readdirSync(join(packages, directory), { withFileTypes: true });
  } catch {
    return; // installed beside others, who may need it all
  }
  for (const entry of entries) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (WHOLE.some((one) => one.test(path)) || (entry.isFile() && FILES.test(path) && !LICENCE.test(path)))
      rmSync(join(packages, path), { recursive: true, force: true });
    else if (entry.isDirectory()) visit(path);
  }
}
