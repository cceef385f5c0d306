/** Run by `npm ci`: builds the dashboard where Vite is installed. Without it (`--omit=dev`) the lab's page says that there is none. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vite = `${root}node_modules/vite/bin/vite.js`;
const node = `${root}node_modules/node/bin/node`;
if (existsSync(vite)) {
  const args = [vite, 'build', '--config', `${root}dashboard/vite.config.ts`, '--logLevel', 'warn'];
  const { status } = spawnSync(existsSync(node) ? node : process.execPath, args, { cwd: root, stdio: 'inherit' });
  // A lab without a dashboard is better than no lab.
  if (status !== 0) console.error('The dashboard could not be built: npm run build says why.');
}
