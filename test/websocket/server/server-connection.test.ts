import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type Connection,
  ConnectionError,
  prepare,
  UsageError,
  type WebSocketServerOptions,
} from '../../../src/websocket/index.ts';
import { gate } from '../gate.ts';
import { type OpenedServer, openServer } from '../open-server.ts';
import { RawClient } from '../raw-client.ts';

const MiB = 1024 * 1024;

/** A server with one connection, from both sides. */
async function openConnection(
  test: TestContext,
  options: WebSocketServerOptions<unknown> = {},
): Promise<OpenedServer<unknown> & { client: RawClient; connection: Connection }> {
  const opened = gate<Connection>();
  const server = await openServer(test, {
    ...options,
    open(connection) {
      opened.resolve(connection);
      return options.open?.(connection);
    },
  });
  const client = await RawClient.open(server.port);
  return { ...server, client, connection: await opened.promise };
}

/** Fills what the system takes, so that messages begin to queue. */
function stall(connection: Connection, client: RawClient): void {
  client.socket.pause();
  connection.send(Buffer.alloc(16 * MiB));
}

describe('connection.send', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, index) => index);
  const shared = new SharedArrayBuffer(8);
  new Uint8Array(shared).set([1, 2, 3, 4, 5, 6, 7, 8]);
  const rows: [name: string, data: unknown, expected: Uint8Array][] = [
    ['a Buffer', Buffer.from(bytes), bytes],
    ['a slice of a pooled Buffer', Buffer.from('hello').subarray(1, 3), Buffer.from('el')],
    ['a Uint8Array with an offset', bytes.subarray(10, 20), bytes.slice(10, 20)],
    ['a Uint8ClampedArray', new Uint8ClampedArray([1, 255]), Uint8Array.of(1, 255)],
    ['an Int8Array', Int8Array.of(-1, 1), Uint8Array.of(255, 1)],
    ['a Uint16Array with an offset', new Uint16Array(bytes.buffer, 2, 3), bytes.slice(2, 8)],
    ['an Int16Array', new Int16Array(bytes.buffer, 0, 1), bytes.slice(0, 2)],
    ['a Uint32Array', new Uint32Array(bytes.buffer, 4, 2), bytes.slice(4, 12)],
    ['an Int32Array', new Int32Array(bytes.buffer, 8, 1), bytes.slice(8, 12)],
    ['a Float32Array', new Float32Array(bytes.buffer, 12, 1), bytes.slice(12, 16)],
    ['a Float64Array', new Float64Array(bytes.buffer, 8, 2), bytes.slice(8, 24)],
    ['a BigInt64Array', new BigInt64Array(bytes.buffer, 16, 1), bytes.slice(16, 24)],
    ['a BigUint64Array', new BigUint64Array(bytes.buffer, 56, 1), bytes.slice(56)],
    ['a DataView with an offset', new DataView(bytes.buffer, 3, 5), bytes.slice(3, 8)],
    ['an ArrayBuffer', bytes.buffer, bytes],
    ['an empty ArrayBuffer', new ArrayBuffer(0), new Uint8Array(0)],
    ['a SharedArrayBuffer', shared, new Uint8Array(shared)],
    ['a view of a SharedArrayBuffer', new Uint8Array(shared, 2, 4), Uint8Array.of(3, 4, 5, 6)],
    ['a Blob', new Blob([bytes.subarray(0, 3), 'x']), Uint8Array.of(0, 1, 2, 0x78)],
    ['a prepared message', prepare(bytes.subarray(1, 3)), bytes.slice(1, 3)],
    ['a view of 17 000 bytes', Buffer.alloc(17_000, 7), new Uint8Array(17_000).fill(7)],
    ['a view of 70 000 bytes', Buffer.alloc(70_000, 8), new Uint8Array(70_000).fill(8)],
  ];
  it('sends exactly the bytes of any binary data', async (test) => {
    const { client, connection } = await openConnection(test);
    for (const [name, data, expected] of rows) {
      connection.send(data as Buffer);
      const frame = await client.frame();
      assert.equal(frame.opcode, 2, name);
      assert.ok(frame.payload.equals(expected), name);
    }
  });

  it('sends text, whatever its length', async (test) => {
    const { client, connection } = await openConnection(test);
    const units = ['a', 'é', '€', '😀', 'aé€😀'];
    const counts = [
      0, 1, 24, 25, 31, 32, 41, 42, 62, 63, 124, 125, 126, 127, 300, 341, 342, 1023, 1024, 1025,
    ];
    for (const unit of units) {
      for (const count of [...counts, 4096, 5461, 8192, 16_384, 16_385, 22_000]) {
        const text = unit.repeat(count);
        connection.send(text);
        assert.equal(await client.text(), text, `${count} times ${unit}`);
      }
    }
  });

  it('replaces lone surrogates, which have no UTF-8 form (8.1)', async (test) => {
    const { client, connection } = await openConnection(test);
    connection.send('a\ud800b\udc00');
    assert.equal(await client.text(), 'a\ufffdb\ufffd');
  });

  for (const wrong of [
    0,
    5,
    10_000_000,
    true,
    null,
    undefined,
    {},
    [],
    [1, 2],
    { length: 5 },
    () => 1,
    1n,
    Symbol('s'),
    new Date(),
    new String('x'),
  ]) {
    it(`never takes ${Array.isArray(wrong) ? `[${wrong}]` : String(Object(wrong) === wrong && typeof wrong !== 'function' ? Object.prototype.toString.call(wrong) : String(wrong))} for data`, async (test) => {
      const { client, connection } = await openConnection(test);
      assert.throws(() => connection.send(wrong as never), UsageError);
      if (wrong !== undefined) {
        assert.throws(() => connection.ping(wrong as never), UsageError);
        assert.throws(() => connection.pong(wrong as never), UsageError);
        assert.throws(() => prepare(wrong as never), UsageError);
      }
      connection.send('still open');
      assert.equal(await client.text(), 'still open');
    });
  }

  it('throws for a buffer that was handed to another thread, and sends nothing', async (test) => {
    const { client, connection } = await openConnection(test);
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    assert.throws(() => connection.send(buffer), TypeError);
    connection.send('still open');
    assert.equal(await client.text(), 'still open');
  });

  for (const [name, take] of [
    ['handed to another thread', (buffer: ArrayBuffer) => structuredClone(buffer, { transfer: [buffer] })],
    ['made shorter', (buffer: ArrayBuffer) => (buffer as { resize?(bytes: number): void }).resize?.(1)],
  ] as const) {
    it(`is closed with 1011 when memory is ${name} right after it was sent: no frame is cut`, async (test) => {
      const { client, connection, called, errors } = await openConnection(test);
      const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [20_000, { maxByteLength: 30_000 }]);
      connection.send(new Uint8Array(buffer));
      take(buffer);
      connection.send('behind it');
      assert.deepEqual(await client.close(), [1011, '']);
      client.sendClose(1011);
      await called('close');
      assert.match((errors[0] as Error).message, /the memory of a binary message/);
    });
  }

  it('leaves the memory of the caller as it was', async (test) => {
    const { client, connection } = await openConnection(test);
    const data = Buffer.from('hello');
    connection.send(data);
    assert.equal(await client.frame().then(({ payload }) => payload.toString()), 'hello');
    assert.equal(data.toString(), 'hello');
  });

  it('of short data takes a copy: it may change at once', async (test) => {
    const { client, connection } = await openConnection(test);
    const data = Buffer.from('hello');
    connection.send(data);
    data.fill(0);
    const message = prepare(data);
    data.fill(1);
    connection.send(message);
    assert.equal((await client.frame()).payload.toString(), 'hello');
    assert.ok((await client.frame()).payload.equals(Buffer.alloc(5)));
  });

  it("tells 'sent', 'queued', 'refused' and 'closed', and bufferedAmount agrees", async (test) => {
    const { client, connection, called } = await openConnection(test, {
      limits: { maxQueuedBytes: 20 * MiB },
      whenQueueFull: 'refuse',
    });
    assert.equal(connection.send('x'), 'sent');
    await client.text();
    assert.equal(connection.bufferedAmount, 0);
    stall(connection, client);
    assert.equal(connection.send('x'.repeat(100)), 'queued');
    assert.ok(connection.bufferedAmount > 1 * MiB);
    assert.equal(connection.send(Buffer.alloc(20 * MiB)), 'refused');
    client.socket.resume();
    await called('drain');
    assert.equal(connection.bufferedAmount, 0);
    connection.close();
    assert.equal(connection.send('late'), 'closed');
    assert.equal(connection.readyState, 'closing');
  });

  it('over the cap closes with 1013, so that no hole stays silent', async (test) => {
    const { client, connection, errors } = await openConnection(test, { limits: { maxQueuedBytes: MiB } });
    stall(connection, client);
    assert.equal(connection.send('one more'), 'refused');
    assert.equal(connection.readyState, 'closing');
    assert.equal((errors[0] as ConnectionError).code, 'QUEUE_FULL');
    client.socket.resume();
    assert.equal((await client.frame()).payload.length, 16 * MiB);
    assert.deepEqual(await client.close(), [1013, 'too much is waiting to be read']);
  });
});

describe('connection.drained', () => {
  it('resolves when what waited has left', async (test) => {
    const { client, connection } = await openConnection(test, { limits: { maxQueuedBytes: 40 * MiB } });
    await connection.drained();
    stall(connection, client);
    const drained = connection.drained();
    const nearly = connection.drained({ thresholdBytes: 1 });
    client.socket.resume();
    await Promise.all([drained, nearly]);
    assert.equal(connection.bufferedAmount, 0);
  });

  it('waits for a Blob that is still being read', async (test) => {
    const { client, connection } = await openConnection(test);
    connection.send(new Blob(['x'.repeat(100_000)]));
    await connection.drained();
    assert.equal(connection.bufferedAmount, 0);
    assert.equal((await client.frame()).payload.length, 100_000);
  });

  it('rejects with the reason of its signal, and when the connection closes', async (test) => {
    const { client, connection } = await openConnection(test, { limits: { maxQueuedBytes: 40 * MiB } });
    stall(connection, client);
    const controller = new AbortController();
    const aborted = connection.drained({ signal: controller.signal });
    const closed = connection.drained();
    controller.abort(new Error('enough'));
    await assert.rejects(aborted, /enough/);
    await assert.rejects(connection.drained({ signal: controller.signal }), /enough/);
    connection.terminate();
    await assert.rejects(
      closed,
      (error) => error instanceof ConnectionError && error.code === 'CONNECTION_CLOSED',
    );
    await assert.rejects(connection.drained(), ConnectionError);
    assert.throws(() => connection.drained({ thresholdBytes: -1 }), UsageError);
  });
});

describe('handlers that fail', () => {
  const failures: [name: string, options: WebSocketServerOptions<unknown>][] = [
    [
      'open throws',
      {
        open: () => {
          throw new Error('mine');
        },
      },
    ],
    ['open rejects', { open: () => Promise.reject(new Error('mine')) }],
    [
      'message throws',
      {
        message: () => {
          throw new Error('mine');
        },
      },
    ],
    ['message rejects', { message: () => Promise.reject(new Error('mine')) }],
    ['message rejects with what is no error', { message: () => Promise.reject('mine') }],
    [
      'ping throws',
      {
        ping: () => {
          throw new Error('mine');
        },
      },
    ],
    ['pong rejects', { pong: () => Promise.reject(new Error('mine')) }],
  ];
  for (const [name, options] of failures) {
    it(`${name}: that connection is closed with 1011, and the error told once`, async (test) => {
      const { client, errors, called } = await openConnection(test, options);
      client.send({ opcode: 9 });
      client.send({ opcode: 10 });
      client.sendText('x');
      let frame = await client.frame();
      while (frame.opcode !== 8) frame = await client.frame();
      assert.equal(frame.payload.readUInt16BE(), 1011);
      assert.equal(frame.payload.length, 2, 'the peer learns no detail');
      client.sendClose(1011);
      await called('close');
      assert.equal(errors.length, 1);
      assert.match((errors[0] as Error).message, /mine/);
    });
  }

  for (const [name, message] of [
    [
      'throws',
      () => {
        throw Object.create(null);
      },
    ],
    ['rejects with', () => Promise.reject(Object.create(null))],
  ] as const) {
    it(`message ${name} what cannot be made a string: it is told all the same`, async (test) => {
      const { client, errors, called } = await openConnection(test, { message });
      client.sendText('x');
      assert.equal((await client.close())[0], 1011);
      client.sendClose(1011);
      await called('close');
      assert.equal(errors.length, 1);
    });
  }

  it('close throws, and rejects: the server goes on', async (test) => {
    let round = 0;
    const { port, errors, called } = await openServer(test, {
      close: () => {
        round += 1;
        if (round === 1) throw new Error('mine');
        return Promise.reject(new Error('mine too'));
      },
    });
    for (const expected of ['error mine', 'error mine too']) {
      const client = await RawClient.open(port);
      client.sendClose();
      await client.gone();
      await called(expected);
    }
    assert.equal(errors.length, 2);
  });

  for (const [name, fail] of [
    [
      'throws',
      () => {
        throw new Error('second');
      },
    ],
    ['rejects', () => Promise.reject(new Error('second'))],
  ] as const) {
    it(`error itself ${name}: a process warning tells, and nothing ends the process`, async (test) => {
      const warned = gate<Error>();
      const onWarning = (warning: Error): void => {
        if (warning.message === 'second') warned.resolve(warning);
      };
      process.on('warning', onWarning);
      test.after(() => process.removeListener('warning', onWarning));
      const { client } = await openConnection(test, {
        error: fail,
        message: () => {
          throw new Error('first');
        },
      });
      client.sendText('x');
      assert.equal((await client.close())[0], 1011);
      await warned.promise;
    });
  }

  it('without an error handler a process warning tells', async (test) => {
    const warned = gate<Error>();
    const onWarning = (warning: Error): void => {
      if (warning.message === 'untold') warned.resolve(warning);
    };
    process.on('warning', onWarning);
    test.after(() => process.removeListener('warning', onWarning));
    const { WebSocketServer } = await import('../../../src/websocket/index.ts');
    const server = new WebSocketServer({ port: 0, message: () => Promise.reject(new Error('untold')) });
    test.after(() => server.close({ timeoutMs: 0 }));
    await server.listening;
    const client = await RawClient.open(server.address()?.port ?? 0);
    client.sendText('x');
    assert.equal((await client.close())[0], 1011);
    await warned.promise;
  });

  it('do not disturb other connections', async (test) => {
    const { port } = await openServer(test, {
      message: (connection, data) => {
        if (data === 'fail') throw new Error('mine');
        connection.send(data);
      },
    });
    const [bad, good] = [await RawClient.open(port), await RawClient.open(port)];
    bad.sendText('fail');
    assert.equal((await bad.close())[0], 1011);
    good.sendText('fine');
    assert.equal(await good.text(), 'fine');
  });
});

describe('handlers that take their time', () => {
  it('are at most maxHandlersInFlight; then the connection is not read', async (test) => {
    const gates: (() => void)[] = [];
    const arrived: string[] = [];
    const { client } = await openConnection(test, {
      limits: { maxHandlersInFlight: 3 },
      message: (_connection, data) => {
        arrived.push(String(data));
        return new Promise<void>((resolve) => gates.push(resolve));
      },
    });
    for (let count = 0; count < 10; count += 1) client.sendText(String(count));
    while (arrived.length < 3) await new Promise(setImmediate);
    for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
    assert.deepEqual(arrived, ['0', '1', '2']);
    for (let count = 3; count < 10; count += 1) {
      gates.shift()?.();
      while (arrived.length < count + 1) await new Promise(setImmediate);
      assert.equal(arrived.length, count + 1);
    }
  });
});

describe('handlers that take their time, in all', () => {
  async function slowHandlers(
    test: TestContext,
    limits: { maxHandlersInFlight?: number; maxMessageBytes?: number },
  ) {
    const arrived: string[] = [];
    const settle = new Map<string, () => void>();
    const { client, server } = await openConnection(test, {
      limits,
      message: (_connection, data) => {
        const text = String(data);
        arrived.push(text.slice(0, 1));
        return new Promise<void>((resolve) => settle.set(text.slice(0, 1), resolve));
      },
    });
    const arrivedAre = async (...expected: string[]): Promise<void> => {
      while (arrived.length < expected.length) await new Promise(setImmediate);
      for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
      assert.deepEqual(arrived, expected);
    };
    return { client, server, settle, arrivedAre };
  }

  it('hold no more than one longest message of what they were given', async (test) => {
    const { client, server, settle, arrivedAre } = await slowHandlers(test, { maxMessageBytes: 1000 });
    for (const name of ['a', 'b', 'c']) client.sendText(name.repeat(600));
    await arrivedAre('a', 'b');
    assert.equal(server.counters.maxHandlersInFlight, 1);
    settle.get('a')?.();
    await arrivedAre('a', 'b', 'c');
  });

  it('make room when they settle', async (test) => {
    const { client, settle, arrivedAre } = await slowHandlers(test, { maxHandlersInFlight: 2 });
    client.sendText('a');
    await arrivedAre('a');
    settle.get('a')?.();
    client.sendText('b');
    await arrivedAre('a', 'b');
    client.sendText('c');
    await arrivedAre('a', 'b', 'c');
  });
});

describe('connection.pause', () => {
  it('holds messages back in the middle of a chunk, and resume gives them in order', async (test) => {
    const { client, connection, calls, called } = await openConnection(test, {
      message: (paused, data) => {
        if (data === '1') paused.pause();
      },
    });
    client.socket.cork();
    for (let count = 0; count < 5; count += 1) client.sendText(String(count));
    client.socket.uncork();
    await called('message "1"');
    for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
    assert.equal(calls.at(-1), 'message "1"');
    connection.resume();
    await called('message "4"');
    assert.deepEqual(calls, ['open', ...[0, 1, 2, 3, 4].map((count) => `message "${count}"`)]);
  });

  it('makes the peer wait, however much it sends', async (test) => {
    const { client, connection, called } = await openConnection(test);
    connection.pause();
    for (let count = 0; count < 24; count += 1) client.send({ opcode: 2, payload: Buffer.alloc(MiB) });
    for (let round = 0; round < 200; round += 1) await new Promise(setImmediate);
    assert.ok(client.socket.writableLength > 8 * MiB, `${client.socket.writableLength} bytes are unsent`);
    connection.resume();
    await called('message');
  });

  it('in the open handler holds from the first byte', async (test) => {
    const { client, connection, calls, called } = await openConnection(test, {
      open: (opened) => opened.pause(),
    });
    client.sendText('a');
    for (let round = 0; round < 50; round += 1) await new Promise(setImmediate);
    assert.deepEqual(calls, ['open']);
    connection.resume();
    await called('message "a"');
  });
});

describe('the end of a connection', () => {
  it('by the peer: its code and reason arrive, once', async (test) => {
    const { client, calls, called } = await openConnection(test);
    client.send({ opcode: 8, payload: Buffer.concat([Buffer.from([0x0f, 0xa0]), Buffer.from('bye')]) });
    assert.deepEqual(await client.close(), [4000, '']);
    await called('close');
    assert.deepEqual(calls, ['open', 'close 4000 "bye"']);
  });

  it('by the peer without a code', async (test) => {
    const { client, called, calls } = await openConnection(test);
    client.send({ opcode: 8 });
    assert.deepEqual(await client.close(), [1005, '']);
    await called('close');
    assert.equal(calls.at(-1), 'close 1005 ""');
  });

  it('the server closes the TCP connection first (7.1.1)', async (test) => {
    const { client } = await openConnection(test);
    client.sendClose();
    await client.close();
    await client.rest();
    assert.equal(client.hasEnded, true);
  });

  it('by a Close that nobody answers: cut by the deadline, with 1006', async (test) => {
    const { client, connection, calls, called } = await openConnection(test, { closeTimeoutMs: 1 });
    connection.close(4001, 'over');
    assert.deepEqual(await client.close(), [4001, 'over']);
    await called('close');
    assert.deepEqual(calls, ['open', 'close 1006 ""']);
    assert.equal(connection.readyState, 'closed');
  });

  it('by a peer that goes on sending after the Close: cut by the deadline', async (test) => {
    const { client, connection, called, server } = await openConnection(test, { closeTimeoutMs: 50 });
    connection.close();
    const flood = setInterval(() => client.sendText('more'), 1);
    test.after(() => clearInterval(flood));
    await called('close');
    assert.equal(server.connections.size, 0);
  });

  it('by a peer that keeps its side open after the closing handshake: cut by the deadline', async (test) => {
    const { port, called, calls } = await openServer(test, { closeTimeoutMs: 1 });
    const client = await RawClient.connect(port, { allowHalfOpen: true });
    await client.upgrade();
    client.sendClose();
    await called('close');
    assert.equal(calls.at(-1), 'close 1000 ""');
  });

  it('by half a close: what was sent before is delivered, and the code is 1006', async (test) => {
    const { client, calls, called } = await openConnection(test);
    client.sendText('last words');
    client.socket.end();
    await called('close');
    assert.deepEqual(calls, ['open', 'message "last words"', 'close 1006 ""']);
  });

  it('by a reset: 1006 and no error that nobody asked for', async (test) => {
    const { client, calls, called } = await openConnection(test);
    client.reset();
    await called('close');
    assert.deepEqual(calls, ['open', 'close 1006 ""']);
  });

  it('by a peer that breaks the protocol: 1002, the error, and 1006', async (test) => {
    const { client, calls, called } = await openConnection(test);
    client.socket.write(Buffer.from('8105', 'hex'));
    assert.deepEqual(await client.close(), [1002, '']);
    await client.gone();
    await called('close');
    assert.deepEqual(calls, ['open', 'error UNMASKED_FRAME', 'close 1006 ""']);
  });

  it('by a keepalive that is not answered', async (test) => {
    const { client, calls, called } = await openConnection(test, {
      keepalive: { intervalMs: 1, maxMisses: 1 },
    });
    assert.equal((await client.frame()).opcode, 9);
    await called('close');
    assert.deepEqual(calls, ['open', 'error KEEPALIVE_TIMEOUT', 'close 1006 ""']);
  });

  it('does not come to a peer that answers its Pings', async (test) => {
    const { client, calls, called } = await openConnection(test, {
      keepalive: { intervalMs: 1, maxMisses: 1 },
    });
    for (let round = 0; round < 3; round += 1) {
      const { opcode, payload } = await client.frame();
      assert.equal(opcode, 9);
      client.send({ opcode: 10, payload });
    }
    await called('pong');
    assert.ok(
      calls.every((call) => call === 'open' || call.startsWith('pong')),
      calls.join(),
    );
  });

  it('by terminate in any handler', async (test) => {
    const { client, calls, called } = await openConnection(test, {
      message: (connection) => connection.terminate(),
    });
    client.sendText('a');
    client.sendText('b');
    await called('close');
    assert.deepEqual(calls, ['open', 'message "a"', 'close 1006 ""']);
  });

  it('throws on a code or reason that must not be sent, and stays open', async (test) => {
    const { client, connection } = await openConnection(test);
    assert.throws(() => connection.close(1005), UsageError);
    assert.throws(() => connection.close(1000, 'x'.repeat(124)), UsageError);
    assert.throws(() => connection.close(undefined, 'why'), UsageError);
    assert.throws(() => connection.ping('x'.repeat(126)), UsageError);
    connection.send('open');
    assert.equal(await client.text(), 'open');
  });
});
