import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { type JsonSchemaConverter, printJsonSchema, UsageError } from '../../../src/channel/index.ts';
import { example } from './example-contract.ts';

/** For the two libraries of the example that do not print themselves. */
const toJsonSchema: JsonSchemaConverter = (schema, { io, target }) => {
  switch (schema['~standard'].vendor) {
    case 'zod':
      return z.toJSONSchema(schema as unknown as z.ZodType, { io, target });
    case 'valibot':
      return { type: 'object', properties: { symbol: { type: 'string' }, price: { type: 'number' } } };
    default:
      return { type: 'string', maxLength: 4 };
  }
};

describe('json schema of a contract', () => {
  const document = printJsonSchema(example, { toJsonSchema });

  it('is valid, and defines every payload by where it stands', () => {
    const ajv = new Ajv2020();
    ajv.addSchema(document, 'contract');
    assert.deepEqual(ajv.errors, null);
    assert.deepEqual(Object.keys(document.$defs as object), [
      'chat.payload',
      'chat.delivered',
      'chat.presence',
      'prices.payload',
      'prices.delivered',
      'inbox.payload',
      'inbox.delivered',
      'search.input',
      'search.output',
      'countdown.input',
      'countdown.output',
    ]);
    const published = ajv.getSchema('contract#/$defs/chat.payload');
    assert.equal(published?.({ text: 'hi' }), true, 'a default may be left out by the publisher');
    assert.equal(published?.({ text: '' }), false);
    const delivered = ajv.getSchema('contract#/$defs/chat.delivered');
    assert.equal(delivered?.({ text: 'hi' }), false, 'but always arrives');
    assert.equal(delivered?.({ text: 'hi', tags: [] }), true);
  });

  it('uses what a schema prints of itself, and the given converter first', () => {
    const asked: string[] = [];
    const partly: JsonSchemaConverter = (schema, options) => {
      asked.push(schema['~standard'].vendor);
      return schema['~standard'].vendor === 'zod' ? (undefined as never) : toJsonSchema(schema, options);
    };
    assert.deepEqual(printJsonSchema(example, { toJsonSchema: partly }), document);
    assert.deepEqual(new Set(asked), new Set(['zod', 'valibot', 'hand']));
  });

  it('names the place of a schema that nobody can print', () => {
    assert.throws(
      () => printJsonSchema(example),
      (error: Error) => error instanceof UsageError && /^prices\.payload/.test(error.message),
    );
  });

  it('repeats no $schema within', () => {
    for (const definition of Object.values(document.$defs as object))
      assert.equal('$schema' in definition, false);
  });
});
