// The little of Standard Schema that we use: any library that implements it can describe a payload.
//
// The shapes are those of the specification at https://standardschema.dev (Standard Schema v1, and Standard JSON Schema
// v1 at https://standardschema.dev/json-schema), written here so that nobody needs a package for them.

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Never there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Standard JSON Schema: not every library has it. */
    readonly jsonSchema?: StandardJsonSchema | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export interface StandardJsonSchema {
  readonly input: (options: { readonly target: JsonSchemaTarget }) => Record<string, unknown>;
  readonly output: (options: { readonly target: JsonSchemaTarget }) => Record<string, unknown>;
}

export type JsonSchemaTarget = 'draft-2020-12' | 'draft-07';

/** What is handed to the schema. */
export type InputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input'];

/** What comes out of it. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];
