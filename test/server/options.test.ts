import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Broker, MemoryBroker } from '../../src/broker/index.ts';
import { defineChannel, defineContract } from '../../src/channel/index.ts';
import { createRealtime } from '../../src/server/index.ts';
import { shortText } from '../channel/contract/example-contract.ts';
import { contract } from './realtime-rig.ts';

function only(options: Partial<Parameters<typeof defineChannel>[1]>): unknown {
  const channel = defineChannel('a', {
    class: 'log',
    payload: shortText,
    allow: { subscribe: 'anyone' },
    ...options,
  } as never);
  return defineContract({ title: 't', version: '1', channels: { a: channel } });
}

/** A broker that has nothing but the least. */
const bare: Broker = (() => {
  const broker = new MemoryBroker();
  return {
    durability: 'memory',
    publish: (...args) => broker.publish(...args),
    subscribe: (...args) => broker.subscribe(...args),
    history: (...args) => broker.history(...args),
    close: () => broker.close(),
  };
})();

describe('options of a realtime server', () => {
  const cases: [string, object, RegExp][] = [
    ['no contract', { contracts: {} }, /contracts: pass what defineContract/],
    ['a hook that is no function', { authenticate: 'ada' }, /authenticate must be a function/],
    [
      'a limit of 0',
      { limits: { maxInflight: 0 } },
      /limits\.maxInflight must be a whole number from 1, got 0/,
    ],
    ['a limit that is not known', { limits: { maxInFlight: 1 } }, /limits\.maxInFlight is not known/],
    ['a time that is not known', { times: { pingms: 5 } }, /times\.pingms is not known/],
    ['a time that is no number', { times: { pingMs: '5' } }, /times\.pingMs .* got 5/],
    ['a time that no timer can wait', { times: { helloMs: 2 ** 31 } }, /times\.helloMs/],
    [
      'silence that is a fault before the ping',
      { times: { pingMs: 40_000 } },
      /idleMs \(33000\) must be above/,
    ],
    [
      'cookies for every page of the world',
      { tokenFrom: { cookie: 'sid' }, webSocket: { allowedOrigins: '*' } },
      /tokenFrom\.cookie with allowedOrigins/,
    ],
    ['a host without a port', { host: '0.0.0.0' }, /host needs port/],
    ['a port beside a server', { port: 0, server: {} }, /port and server were both given/],
    [
      'more durability than the broker has',
      { contracts: only({ durability: 'disk' }) },
      /promises durability disk/,
    ],
    [
      'presence that the broker does not keep',
      { contracts: only({ presence: shortText }), broker: bare },
      /presence/,
    ],
    [
      'a mailbox that the broker does not keep',
      { contracts: only({ class: 'mailbox' }), broker: bare },
      /mailbox/,
    ],
    [
      'a limit of the WebSocket server at the wrong place',
      { port: 0, webSocket: { maxConnections: 5 } },
      /limit/,
    ],
  ];
  for (const [name, options, message] of cases) {
    it(`are refused with ${name}`, () => {
      assert.throws(
        () => createRealtime({ contracts: contract, ...options } as never),
        (error: unknown) =>
          error instanceof Error && error.name === 'UsageError' && message.test(error.message),
      );
    });
  }

  it('that are undefined are options not given', async () => {
    const realtime = createRealtime({
      contracts: contract,
      limits: { maxInflight: undefined },
      webSocket: undefined,
      use: undefined,
      clock: undefined,
    } as never);
    await realtime.close();
  });
});
