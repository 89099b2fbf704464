// What a client's options may be, and what they default to.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/index.ts';
import {
  type ClientOptions,
  clientDefaults,
  resolveClientOptions,
} from '../../../src/websocket/client/client-options.ts';

function refuses(options: object, named: RegExp): void {
  assert.throws(
    () => resolveClientOptions(options as ClientOptions, undefined),
    (error) => error instanceof UsageError && named.test(error.message),
  );
}

describe('the options of a client', () => {
  it('have documented defaults', () => {
    const settings = resolveClientOptions({}, undefined);
    assert.equal(settings.handshakeTimeoutMs, clientDefaults.handshakeTimeoutMs);
    assert.equal(settings.limits.maxQueuedBytes, clientDefaults.limits.maxQueuedBytes);
    assert.equal(settings.maxRedirects, 0);
    assert.deepEqual(settings.headers, []);
    assert.deepEqual(settings.tls, {});
    assert.deepEqual(settings.route, { type: 'direct' });
    assert.equal(resolveClientOptions({ followRedirects: true }, undefined).maxRedirects, 5);
  });

  it('refuse numbers out of range, and name them', () => {
    for (const handshakeTimeoutMs of [0, -1, 1.5, Number.NaN, 2 ** 31, '10']) {
      refuses({ handshakeTimeoutMs }, /handshakeTimeoutMs/);
    }
    refuses({ maxRedirects: -1 }, /maxRedirects/);
    refuses({ limits: { maxQueuedBytes: 0 } }, /maxQueuedBytes/);
    refuses({ limits: { maxConnections: 1 } }, /limits\.maxConnections is no limit/);
    refuses({ maxMessageBytes: 1 }, /limits: \{ maxMessageBytes/);
    refuses({ keepalive: { maxMisses: 0 } }, /keepalive\.maxMisses/);
  });

  it('refuse header values with CR, LF, NUL or another control character, and do not repeat them', () => {
    for (const value of ['q\r\nb: q', 'q\rb', 'q\nb', 'q\0b', 'q\x7fb', 'qĀ']) {
      refuses({ headers: { 'X-A': value } }, /^headers: the value of X-A[^q]*$/);
      refuses({ origin: value }, /^headers: the value of Origin[^q]*$/);
    }
    refuses({ headers: { 'X-A': 5 } }, /X-A/);
    refuses({ headers: { 'X-A': null } }, /X-A/);
  });

  it('refuse header names that are no tokens, and those of the handshake itself', () => {
    for (const name of ['', 'a b', 'a:', 'a\r\nb', 'ä'])
      refuses({ headers: { [name]: 'x' } }, /not a header name/);
    for (const name of [
      'Upgrade',
      'connection',
      'SEC-WEBSOCKET-KEY',
      'Sec-WebSocket-Protocol',
      'Content-Length',
      'Transfer-Encoding',
    ]) {
      refuses({ headers: { [name]: 'x' } }, /leave it out/);
    }
  });

  it('take Origin from the page unless it is given', () => {
    const origin = (options: ClientOptions): unknown =>
      resolveClientOptions(options, 'https://page.example').headers.find(
        ([name]) => name.toLowerCase() === 'origin',
      )?.[1];
    assert.equal(origin({}), 'https://page.example');
    assert.equal(origin({ origin: 'https://other.example' }), 'https://other.example');
    assert.equal(origin({ headers: { origin: 'https://header.example' } }), 'https://header.example');
  });

  it('take names such as __proto__ and constructor for ordinary ones', () => {
    const headers = [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ] as const;
    assert.deepEqual(resolveClientOptions({ headers }, undefined).headers, headers);
  });
});
