import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { Http1Exchange, lookupIn } from '../../../src/websocket/server/http1-exchange.ts';

describe('a refusal over HTTP/1.1', () => {
  it('ends the connection behind it, and reads what still comes', () => {
    const sent: Buffer[] = [];
    const carrier = new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, done) => {
        sent.push(chunk);
        done();
      },
    });
    new Http1Exchange(carrier).refuse({ status: 403, body: 'no', headers: [] });
    assert.match(Buffer.concat(sent).toString(), /^HTTP\/1\.1 403 [\s\S]*\r\n\r\nno$/);
    assert.equal(carrier.writableEnded, true);
    assert.equal(carrier.isPaused(), false);
    assert.equal(carrier.readableFlowing, true);
  });
});

describe('the fields of a request', () => {
  const lookup = lookupIn({ headersDistinct: { host: ['a', 'b'] } } as unknown as IncomingMessage);

  it('that came twice are both there', () => assert.equal(lookup.get('host'), 'a, b'));

  it('are those that came, and not what every object has', () => {
    assert.equal(lookup.get('constructor'), undefined);
    assert.equal(lookup.get('__proto__'), undefined);
  });
});
