/** Prints the table of known differences after the last test, when tests of both engines ran. */
import type { TestProject } from 'vitest/node';
import { drawKnown } from './known-differences.ts';

export default function setup({ vitest }: TestProject): () => void {
  return () => {
    const projects = new Set(vitest.state.getTestModules().map((module) => module.project.name));
    if (!projects.has('wire') || !projects.has('http-mitm-proxy')) return;
    process.stdout.write(`\nBoth engines ran the same tests. Where they differ:\n${drawKnown().join('\n')}\n`);
  };
}
