/** `npm run api`: writes docs/api.md anew from the descriptions that the lab itself gives out (`/openapi.json`, `/asyncapi.json`). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeLive } from '../src/sinks/live/asyncapi.ts';
import { describeApi } from '../src/sinks/live/openapi.ts';

export const API_PAGE = path.resolve(import.meta.dirname, '../docs/api.md');

interface Parameter {
  name: string;
  description?: string;
}
interface Operation {
  summary: string;
  'x-role'?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string }>;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function line(method: string, address: string, operation: Operation): string {
  const [status = '', answer] = Object.entries(operation.responses).find(([code]) => code < '400') ?? [];
  const query = (operation.parameters ?? []).map(({ name, description }) => `\`${name}\` ${description ?? ''}`.trim());
  const media = Object.keys(operation.requestBody?.content ?? {});
  const bodies = media.map((type) => (type === 'application/json' ? 'a JSON body' : `a file, as \`${type}\``));
  const takes = [...query, ...bodies].join('<br>') || '–';
  const cells = [
    `\`${method.toUpperCase()} ${address}\``,
    operation.summary,
    takes,
    `${status} ${answer?.description}`,
  ];
  return `| ${[...cells, operation['x-role'] ?? 'nobody’s'].map(cell).join(' | ')} |`;
}

export function apiPage(): string {
  const api = describeApi();
  const live = describeLive();
  const rows = Object.entries(api.paths).flatMap(([address, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => line(method, address, operation as Operation)),
  );
  const query = Object.entries(live.channels.live.bindings.ws.query.properties);
  return `# The API

Made from the lab's own descriptions by \`npm run api\`; bodies and answers field by field: \`/openapi.json\` (OpenAPI 3.1) and
\`/asyncapi.json\` (AsyncAPI 3.0) of a running lab. ${api.info.description}

Token: ${api.components.securitySchemes.token.description}

| address | does | takes | answers | needs the token of |
|---|---|---|---|---|
${rows.join('\n')}

## Live alerts

WebSocket \`${live.channels.live.address}\`. ${live.info.description}

${query.map(([name, { description }]) => `- \`?${name}=\` ${description}`).join('\n')}

| frame | says |
|---|---|
${Object.entries(live.components.messages)
  .map(([name, { summary }]) => `| \`${name}\` | ${cell(String(summary ?? ''))} |`)
  .join('\n')}
`;
}

if (import.meta.main) writeFileSync(API_PAGE, apiPage());
