/** Programs that stand on a page, each under the name in its first line: `// client.mjs …`. */
export function examplesIn(page: string): Map<string, string> {
  const blocks = [...page.matchAll(/^```js\n(\/\/ ([\w-]+\.mjs)\b[\s\S]*?)^```$/gm)];
  return new Map(blocks.map(([, code = '', name = '']) => [name, code]));
}
