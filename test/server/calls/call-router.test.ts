import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Clock, systemClock } from '../../../src/broker/index.ts';
import { defineContract, UsageError } from '../../../src/channel/index.ts';
import {
  type CallContext,
  type CallHandlers,
  createRealtime,
  type Middleware,
  RequestError,
} from '../../../src/server/index.ts';
import { VirtualClock } from '../../../src/testkit/index.ts';
import { gate } from '../../websocket/gate.ts';
import {
  type AnyPacket,
  byName,
  type Calls,
  callContract,
  collectingLogger,
  openRealtime,
  type RawClient,
  welcome,
} from '../realtime-rig.ts';

const handlers: CallHandlers<Calls> = {
  double: (input) => input * 2,
  async *ticks(input) {
    for (let tick = 1; tick <= input; tick++) yield tick;
  },
  mine: (_input, { subject }) => `hello ${subject}`,
};

async function open(
  test: TestContext,
  calls: Partial<CallHandlers<Calls>> = {},
  use: readonly Middleware[] = [],
  clock: Clock = systemClock,
): Promise<{ readonly url: string; readonly errors: unknown[] }> {
  const errors: unknown[] = [];
  const realtime = createRealtime({
    contracts: callContract,
    port: 0,
    authenticate: byName,
    calls: { ...handlers, ...calls },
    use,
    clock,
    logger: collectingLogger(errors),
    limits: { maxQueuedBytes: 50_000, controlReserveBytes: 10_000_000 },
  });
  test.after(() => realtime.close({ spreadMs: 0, timeoutMs: 500 }));
  await realtime.listening;
  return { url: `ws://127.0.0.1:${realtime.address()?.port}`, errors };
}

function call(
  client: RawClient,
  method: string,
  data: unknown = null,
  more: AnyPacket = {},
): Promise<AnyPacket> {
  return client.ask({ t: 'rpc', m: method, d: data, ...more });
}

describe('calls', () => {
  it('are answered, validated both ways, with who asks', async (test) => {
    const { url, errors } = await open(test, {
      double: (input) => (input === 7 ? ('x' as never) : input * 2),
    });
    const client = await welcome(test, url, 'ada');
    assert.equal((await call(client, 'double', 21)).ok.d, 42);
    assert.equal((await call(client, 'mine')).ok.d, 'hello ada');
    const { err } = await call(client, 'double', 'no number');
    assert.deepEqual([err.code, err.path], ['schema', '$']);
    assert.equal((await call(client, 'double', 7)).err.code, 'internal', 'an answer that does not fit');
    assert.match(String(errors[0]), /does not fit its contract/);
    assert.equal((await call(client, 'nothing')).err.code, 'unknown_method');
    assert.equal((await call(client, 'toString')).err.code, 'unknown_method');
  });

  it('tell the caller what a handler means it to know, and nothing else', async (test) => {
    const { url, errors } = await open(test, {
      double: (input) => {
        if (input === 1) throw new RequestError({ code: 'too_small', msg: 'give me more', retry: 'no' });
        throw new Error('the password is 1234');
      },
    });
    const client = await welcome(test, url);
    const refused = await call(client, 'double', 1);
    assert.deepEqual([refused.err.code, refused.err.msg], ['too_small', 'give me more']);
    const failed = await call(client, 'double', 2);
    assert.deepEqual([failed.err.code, failed.err.msg], ['internal', 'the call failed']);
    assert.equal(errors.length, 1);
  });

  it('are cancelled by their caller: the handler’s signal tells', async (test) => {
    const [began, aborted] = [gate<void>(), gate<void>()];
    const { url, errors } = await open(test, {
      double: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          began.resolve();
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(signal.reason);
          });
        }),
    });
    const client = await welcome(test, url);
    client.send({ t: 'rpc', id: 9, m: 'double', d: 1 });
    await began.promise;
    client.send({ t: 'cancel', id: 9 });
    await aborted.promise;
    const { err } = await client.next(({ id }) => id === 9);
    assert.equal(err.code, 'cancelled');
    assert.deepEqual(errors, [], 'what a handler throws when it is cancelled is no news');
  });

  it('are aborted when their connection ends', async (test) => {
    const [began, aborted] = [gate<void>(), gate<void>()];
    const { url } = await open(test, {
      double: (_input, { signal }) => {
        began.resolve();
        signal.addEventListener('abort', () => aborted.resolve());
        return new Promise(() => undefined);
      },
    });
    const client = await welcome(test, url);
    client.send({ t: 'rpc', id: 9, m: 'double', d: 1 });
    await began.promise;
    client.socket.close();
    await aborted.promise;
  });

  it('end at the deadline that the caller set, or the contract, whichever is sooner', async (test) => {
    const clock = new VirtualClock();
    let began = gate<void>();
    const { url } = await open(
      test,
      {
        double: () => {
          began.resolve();
          return new Promise(() => undefined);
        },
      },
      [],
      clock,
    );
    const client = await welcome(test, url);
    for (const [ms, deadlineMs] of [
      [500, 500],
      [60_000, 10_000],
      [undefined, 10_000],
    ] as const) {
      began = gate();
      const answer = call(client, 'double', 1, ms === undefined ? {} : { ms });
      await began.promise;
      clock.advance(deadlineMs - 1);
      assert.equal((await call(client, 'mine')).err.code, 'forbidden', 'meanwhile others are answered');
      assert.equal(client.received.length, 0);
      clock.advance(1);
      assert.equal((await answer).err.code, 'deadline');
    }
  });

  it('answer with a stream, item by item, then end', async (test) => {
    const { url } = await open(test);
    const client = await welcome(test, url);
    assert.equal((await call(client, 'ticks', 3)).ok.d, null);
    const parts = client.received.filter(({ t }) => t === 'rpc');
    assert.deepEqual(
      parts.map(({ d }) => d),
      [1, 2, 3],
    );
  });

  it('stop a stream that its caller cancels: its finally runs', async (test) => {
    const stopped = gate<void>();
    const { url } = await open(test, {
      async *ticks(_input, { signal }) {
        try {
          for (let tick = 0; ; tick++) {
            yield tick;
            await new Promise<void>((resolve) => {
              if (tick < 2) resolve();
              else signal.addEventListener('abort', () => resolve());
            });
          }
        } finally {
          stopped.resolve();
        }
      },
    });
    const client = await welcome(test, url);
    client.send({ t: 'rpc', id: 9, m: 'ticks', d: 0 });
    await client.next(({ t, d }) => t === 'rpc' && d === 2);
    client.send({ t: 'cancel', id: 9 });
    await stopped.promise;
    assert.equal((await client.next(({ t, id }) => t === 'reply' && id === 9)).err.code, 'cancelled');
  });

  it('hold a stream back when its caller grants no more, and go on when it does', async (test) => {
    const { url } = await open(test);
    const client = await welcome(test, url);
    client.send({ t: 'rpc', id: 9, m: 'ticks', d: 5, n: 2 });
    const part = async (): Promise<number> => (await client.next(({ t }) => t === 'rpc')).d;
    assert.deepEqual([await part(), await part()], [1, 2]);
    await call(client, 'double', 1);
    assert.equal(client.received.length, 0, 'nothing came with the answer to a later call');
    client.send({ t: 'credit', id: 9, n: 10 });
    assert.deepEqual([await part(), await part(), await part()], [3, 4, 5]);
    assert.equal((await client.next(({ id }) => id === 9)).ok.d, null);
  });

  it('tell of a stream that fails half-way, after what it gave', async (test) => {
    const { url, errors } = await open(test, {
      async *ticks() {
        yield 1;
        throw new Error('broken');
      },
    });
    const client = await welcome(test, url);
    assert.equal((await call(client, 'ticks', 1)).err.code, 'internal');
    assert.equal(client.received[0]!.d, 1);
    assert.equal(errors.length, 1);
  });

  it('run middleware around each call, in order, able to answer instead', async (test) => {
    const order: string[] = [];
    const { url } = await open(test, {}, [
      async ({ call: name, state }, next) => {
        order.push(`begin ${name}`);
        state.set('seen', true);
        const answer = await next();
        order.push(`end ${name}: ${answer}`);
        return answer;
      },
      ({ input, state }, next) => (input === 0 ? 99 : state.get('seen') === true && next()),
    ]);
    const client = await welcome(test, url);
    assert.equal((await call(client, 'double', 5)).ok.d, 10);
    assert.equal((await call(client, 'double', 0)).ok.d, 99);
    assert.deepEqual(order, ['begin double', 'end double: 10', 'begin double', 'end double: 99']);
  });

  it('are refused at the start when a handler is missing, or belongs to no call', () => {
    const { double: _double, ...rest } = handlers;
    const start = (calls: unknown): unknown =>
      createRealtime({ contracts: callContract, calls: calls as never });
    assert.throws(() => start(rest), /no handler for double/);
    const calls = { toString: callContract.calls.double };
    const odd = defineContract({ title: 'Odd', version: '1', channels: {}, calls });
    assert.throws(() => createRealtime({ contracts: odd, calls: {} as never }), /no handler for toString/);
    assert.throws(() => start({ ...handlers, more: () => 1 }), /no call more/);
    assert.throws(() => start(undefined), UsageError);
  });

  it('hand the context to every handler', async (test) => {
    let seen: CallContext | undefined;
    const { url } = await open(test, {
      mine: (_input, context) => {
        seen = context;
        return '';
      },
    });
    await call(await welcome(test, url, 'ada'), 'mine');
    assert.deepEqual([seen?.call, seen?.subject, seen?.identity.subject], ['mine', 'ada', 'ada']);
    assert.equal(seen?.signal.aborted, false);
  });

  it('let a connection end whole, however careless the source of a stream is', async (test) => {
    const { url } = await open(test, {
      ticks: () =>
        ({
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ done: false, value: 1 }),
            return: () => {
              throw new Error('no return');
            },
          }),
        }) as unknown as AsyncIterable<number>,
    });
    const [client, watcher] = [await welcome(test, url, 'ada'), await welcome(test, url)];
    await client.ask({ t: 'pres', ch: 'chat:1', do: 'enter', c: 1, d: { name: 'Ada' } });
    client.send({ t: 'rpc', id: 9, m: 'ticks', d: 1, n: 1 });
    await client.next(({ t }) => t === 'rpc');
    await watcher.ask({ t: 'pres', ch: 'chat:1', do: 'watch' });
    await watcher.next(({ t }) => t === 'map');
    client.socket.close(3000);
    const { put } = await watcher.next(({ t }) => t === 'map');
    assert.equal(put[0][3], 1, 'it is away');
  });

  it('are refused as internal when the error that a handler throws cannot travel', async (test) => {
    const { url, errors } = await open(test, {
      double: () => {
        throw new RequestError({ code: 'mine', msg: 'no', retry: 'no', path: 7n as unknown as string });
      },
    });
    const client = await welcome(test, url);
    assert.equal((await call(client, 'double', 1)).err.code, 'internal');
    assert.equal(errors.length, 1);
    assert.equal((await call(client, 'ticks', 0)).ok.d, null, 'the connection goes on');
  });

  it('are asked about again while they stream: one that is not permitted any more ends, and its source with it', async (test) => {
    let isAllowed = true;
    let hasEnded: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      hasEnded = resolve;
    });
    const { realtime, url, errors } = await openRealtime(test, {
      contracts: callContract,
      authorize: () => isAllowed,
      calls: {
        ...handlers,
        async *ticks() {
          try {
            for (let tick = 1; ; tick++) yield tick;
          } finally {
            hasEnded();
          }
        },
      },
    } as never);
    const [client, other] = [await welcome(test, url, 'ada'), await welcome(test, url, 'grace')];
    for (const each of [client, other]) {
      each.send({ t: 'rpc', id: 9, m: 'ticks', d: 1, n: 2 });
      await each.next(({ t, d }) => t === 'rpc' && d === 2);
    }
    realtime.authorizeAgain('ada');
    client.send({ t: 'credit', id: 9, n: 1 });
    await client.next(({ t, d }) => t === 'rpc' && d === 3);
    isAllowed = false;
    realtime.authorizeAgain('ada');
    assert.equal((await client.next(({ t }) => t === 'reply')).err.code, 'forbidden');
    await ended;
    other.send({ t: 'credit', id: 9, n: 1 });
    await other.next(({ t, d }) => t === 'rpc' && d === 3);
    assert.deepEqual(errors, []);
  });
});
