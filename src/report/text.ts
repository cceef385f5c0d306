/** A report or letter as plain text, to be pasted into an e-mail. */
import type { Block, ReportDocument } from './document.ts';

export function reportText({ mark, blocks, foot }: ReportDocument): string {
  const parts = blocks.map(textOf).filter((part) => part !== '');
  return `${[...(mark === null ? [] : [`*** ${mark} ***`]), ...parts, `-- ${foot}`].join('\n\n')}\n`;
}

function textOf(block: Block): string {
  switch (block.type) {
    case 'facts':
      return block.rows.map(([name, value]) => `${name}: ${value}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'steps':
      return block.items.map((item, index) => `${index + 1}. ${item}`).join('\n');
    case 'table':
      return block.rows
        .map((row) => row.map((cell, index) => `${block.head[index] ?? ''}: ${cell}`).join('; '))
        .join('\n');
    case 'page':
      return '';
    default:
      return block.text;
  }
}
