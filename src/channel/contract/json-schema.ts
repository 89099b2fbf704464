// Prints the payloads of a contract as JSON Schema.

import { UsageError } from '../errors.ts';
import type { Contract } from './contract.ts';
import type { JsonSchemaTarget, StandardSchema } from './standard-schema.ts';

/** Turns a schema of some library into JSON Schema, for libraries that have no Standard JSON Schema of their own. */
export type JsonSchemaConverter = (
  schema: StandardSchema,
  options: { readonly io: 'input' | 'output'; readonly target: JsonSchemaTarget },
) => Record<string, unknown>;

export interface PrintOptions {
  /** Asked before the schema's own converter. */
  readonly toJsonSchema?: JsonSchemaConverter;
}

/** The schema of one payload. @throws {UsageError} when nobody can convert it, naming `place`. */
export function printSchema(
  schema: StandardSchema,
  place: string,
  options: PrintOptions & { readonly io: 'input' | 'output'; readonly target: JsonSchemaTarget },
): Record<string, unknown> {
  const { io, target, toJsonSchema } = options;
  const converted =
    toJsonSchema?.(schema, { io, target }) ?? schema['~standard'].jsonSchema?.[io]({ target });
  if (converted === undefined) {
    const { vendor } = schema['~standard'];
    throw new UsageError(`${place}: schemas of ${vendor} do not print themselves, pass toJsonSchema`);
  }
  const { $schema: _, ...schemaItself } = converted;
  return schemaItself;
}

/**
 * One JSON Schema (2020-12) document with a definition for each payload: `chat.payload` (what is published),
 * `chat.delivered` (what arrives), `chat.presence`, and `search.input`, `search.output` of each call.
 */
export function printJsonSchema(contract: Contract, options: PrintOptions = {}): Record<string, unknown> {
  const definitions: Record<string, unknown> = {};
  const print = (place: string, schema: StandardSchema, io: 'input' | 'output'): void => {
    definitions[place] = printSchema(schema, place, { ...options, io, target: 'draft-2020-12' });
  };
  for (const [key, channel] of Object.entries(contract.channels)) {
    print(`${key}.payload`, channel.payload, 'input');
    print(`${key}.delivered`, channel.payload, 'output');
    if (channel.presence !== undefined) print(`${key}.presence`, channel.presence, 'output');
  }
  for (const [key, call] of Object.entries(contract.calls)) {
    print(`${key}.input`, call.input, 'input');
    print(`${key}.output`, call.output, 'output');
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${contract.title} ${contract.version}`,
    $defs: definitions,
  };
}
