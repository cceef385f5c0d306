/** `phonehome hub serve` as a process of its own, spoken to by its API alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');

export interface HubProcess {
  child: ChildProcess;
  /** Resolves with its exit code. */
  ended: Promise<unknown>;
  url: string;
}

/** Resolves when it answers. */
export async function startHubProcess(hubFile: string): Promise<HubProcess> {
  const child = spawn(process.execPath, [BIN, 'hub', 'serve', '--json', '--hub-config', hubFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the hub ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.type === 'ready') resolve(said.url);
    });
  });
  return { child, ended, url };
}
