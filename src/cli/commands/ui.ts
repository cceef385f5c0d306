/** `phonehome ui`: an address that signs a browser in, once and within a minute; opened where there is a desktop. */
import { spawn } from 'node:child_process';
import type { Role } from '../../model/words.ts';
import { addressOf, call, type ReachFlags } from '../lab-client.ts';
import { print, printJson } from '../output.ts';

interface UiFlags extends ReachFlags {
  json: boolean;
  role: Role | null;
  print: boolean;
}

export async function ui(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as UiFlags;
  const lab = addressOf(flags);
  const asked = flags.role === null ? {} : { role: flags.role };
  const { path, role, expiresAt } = (await call(lab, 'POST', '/api/session/code', asked)) as {
    path: string;
    role: Role;
    expiresAt: string;
  };
  const url = `${lab.url}${path}`;
  if (flags.json) printJson({ type: 'ui', url, role, expiresAt });
  else print(url, `Signs one browser in as ${role}, once, within a minute.`);
  const opener = flags.json || flags.print ? null : openerHere(process.platform, process.env);
  if (opener !== null) open(opener, url);
  return 0;
}

/** The program that opens an address in a browser; null where nobody would see it. */
export function openerHere(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] | null {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : null;
}

/** The address is printed: that no browser opens is no failure. */
function open([program = '', ...words]: string[], url: string): void {
  const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
