/** Zod schemas as JSON Schema 2020-12: named shapes once under `#/components/schemas/`, everything else in place. */
import { z } from 'zod';
import { COMPONENTS } from './routes.ts';

export type JsonSchema = Record<string, unknown>;

export interface JsonSchemas {
  components: Record<string, JsonSchema>;
  of(schema: z.ZodType): JsonSchema;
}

const uri = (id: string) => `#/components/schemas/${id}`;

/** @param inPlace schemas that `of` will be asked for; named ones need not be among them. */
export function createJsonSchemas(inPlace: readonly z.ZodType[]): JsonSchemas {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  for (const [index, schema] of inPlace.entries()) if (!registry.has(schema)) registry.add(schema, { id: `${index}` });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri, override: ({ jsonSchema }) => plain(jsonSchema) });
  const named = (id: string): JsonSchema => {
    const { $id, $schema, ...schema } = schemas[id] as JsonSchema;
    return schema;
  };
  return {
    components: Object.fromEntries(Object.keys(COMPONENTS).map((id) => [id, named(id)])),
    of(schema) {
      const id = registry.get(schema)?.id ?? '';
      return id in COMPONENTS ? { $ref: uri(id) } : named(id);
    },
  };
}

/** Without what is true of every number and key anyway. */
function plain(schema: JsonSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  delete schema.propertyNames;
}
