import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { printAsyncApi } from '../../../src/channel/index.ts';
import { example } from './example-contract.ts';

const asyncApiSchema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json');

describe('asyncapi of a contract', () => {
  const document = printAsyncApi(example, {
    servers: { production: { host: 'example.com', protocol: 'wss', pathname: '/socket' } },
    toJsonSchema: (schema, { io, target }) =>
      schema['~standard'].jsonSchema?.[io]({ target }) ?? { description: `of ${schema['~standard'].vendor}` },
  });

  it('is a valid AsyncAPI 3.0 document', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const isValid = ajv.validate(asyncApiSchema, document);
    assert.deepEqual(ajv.errors, null);
    assert.ok(isValid);
    assert.equal(
      ajv.validate(asyncApiSchema, { ...document, channels: { x: { address: 1 } } }),
      false,
      'it can fail',
    );
  });

  it('every reference leads somewhere', () => {
    const references: string[] = [];
    JSON.stringify(document, (key, value) => {
      if (key === '$ref') references.push(value);
      return value;
    });
    assert.ok(references.length > 20);
    for (const reference of references) {
      let target: unknown = document;
      for (const step of reference.slice(2).split('/')) target = (target as Record<string, unknown>)?.[step];
      assert.notEqual(target, undefined, reference);
    }
  });

  it('tells of a channel its address, parameters, class and rules', () => {
    const channels = document.channels as Record<string, Record<string, unknown>>;
    const { chat, prices } = channels;
    assert.equal(chat?.address, 'org:{org}:chat:{id}');
    assert.deepEqual(Object.keys(chat?.parameters as object), ['org', 'id']);
    assert.equal('parameters' in prices!, false);
    const extension = chat?.['x-tidewire'] as Record<string, unknown>;
    assert.equal(extension.class, 'log');
    assert.deepEqual(extension.allow, {
      publish: 'authenticated',
      history: 'anyone',
      presence: 'anyone',
      enter: 'by rule',
      subscribe: 'anyone',
    });
  });

  it('a call is a request with its reply', () => {
    const operations = document.operations as Record<string, Record<string, unknown>>;
    const call = operations.searchCall!;
    assert.equal(call.action, 'receive');
    assert.deepEqual(call.reply, {
      channel: { $ref: '#/channels/searchCall' },
      messages: [{ $ref: '#/channels/searchCall/messages/searchResponse' }],
    });
  });

  it('the server receives what is published, and sends what is heard', () => {
    const operations = document.operations as Record<string, Record<string, unknown>>;
    assert.equal(operations.chatPublish?.action, 'receive');
    assert.equal(operations.chatSubscribe?.action, 'send');
    assert.equal(operations.chatWatch?.action, 'send');
    assert.equal('pricesWatch' in operations, false);
  });
});
