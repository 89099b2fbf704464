// Validates a value against a schema, and tells where it does not fit.

import { UsageError } from '../errors.ts';
import type { OutputOf, StandardIssue, StandardSchema } from './standard-schema.ts';

export type Validation<Value> =
  | { readonly type: 'valid'; readonly value: Value }
  | { readonly type: 'invalid'; readonly issues: readonly PayloadIssue[] };

export interface PayloadIssue {
  /** `$` is the payload itself; `$.items[3].name`, `$["two words"]`. At most 200 characters. */
  readonly path: string;
  /** The schema library's own words, at most 200 characters. */
  readonly message: string;
}

/** As many issues are told of one payload. */
export const maxPayloadIssues = 8;
const maxTextLength = 200;

/** @throws {UsageError} when the schema validates asynchronously: a channel's order cannot wait. Whatever it throws. */
export function validate<Schema extends StandardSchema>(
  schema: Schema,
  value: unknown,
): Validation<OutputOf<Schema>> {
  const result = schema['~standard'].validate(value);
  if ('then' in result) {
    // Whatever it would say comes too late; the handler is there so that a rejection does not count as unhandled.
    result.then(undefined, () => {});
    throw new UsageError(`a schema of ${schema['~standard'].vendor} validates asynchronously`);
  }
  if (result.issues === undefined) return { type: 'valid', value: result.value as OutputOf<Schema> };
  return { type: 'invalid', issues: result.issues.slice(0, maxPayloadIssues).map(describe) };
}

function describe({ message, path = [] }: StandardIssue): PayloadIssue {
  let text = '$';
  for (const segment of path) {
    if (text.length > maxTextLength) break;
    text += formatKey(typeof segment === 'object' ? segment.key : segment);
  }
  return { path: shorten(text), message: shorten(message) };
}

function formatKey(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = shorten(String(key));
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function shorten(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength - 1)}…` : text;
}
