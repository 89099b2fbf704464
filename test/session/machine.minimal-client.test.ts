// The client printed in PROTOCOL.md, section 16: it is run as it stands there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { jsonCodec, type ServerConnection } from '../../src/session/index.ts';
import { Rig } from './rig.ts';

const text = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
const source = text.slice(text.indexOf('```js\n') + 6, text.indexOf('```', text.indexOf('```js\n') + 6));

type Handlers = { onMessage(data: unknown): void; onGap?(why: string): void };
type Connect = (url: string, auth: string, channels: Map<string, Handlers>) => void;

/** Runs the printed code with a WebSocket and timers that belong to the rig. */
function setUp(rig: Rig) {
  const sockets: FakeSocket[] = [];

  class FakeSocket {
    onopen: () => void = () => {};
    onmessage: (event: { data: string }) => void = () => {};
    onclose: (event: { code: number }) => void = () => {};
    readyState = 0;
    connection: ServerConnection | undefined;
    passes: (packet: { d?: unknown }) => boolean = () => true;

    constructor() {
      sockets.push(this);
      rig.clock.setTimer(() => {
        this.readyState = 1;
        this.connection = rig.hub.accept(
          {
            codec: jsonCodec,
            sink: {
              bufferedAmount: 0,
              send: (data) =>
                this.#later(
                  () => this.passes(JSON.parse(String(data))) && this.onmessage({ data: String(data) }),
                ),
              close: (code) => this.end(code),
            },
          },
          rig.clock.now(),
        );
        this.onopen();
      }, 1);
    }

    send(message: string): void {
      this.#later(() => this.connection?.receive(message, rig.clock.now()));
    }

    close(code = 1005): void {
      this.end(code);
    }

    end(code = 1006): void {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.connection?.transportClosed(rig.clock.now());
      this.#later(() => this.onclose({ code }));
    }

    #later(happen: () => void): void {
      rig.clock.setTimer(happen, 1);
    }
  }

  const setTimer = (callback: (...values: unknown[]) => void, ms: number, ...values: unknown[]) =>
    rig.clock.setTimer(() => callback(...values), ms);
  const setRepeating = (callback: () => void, ms: number) => {
    let cancel = (): void => {};
    const again = (): void => {
      cancel = rig.clock.setTimer(() => {
        callback();
        again();
      }, ms);
    };
    again();
    return () => cancel();
  };
  const names = ['WebSocket', 'setTimeout', 'setInterval', 'clearInterval', 'Date', 'Math'];
  const values = [
    FakeSocket,
    setTimer,
    setRepeating,
    (cancel: () => void) => cancel(),
    { now: () => rig.clock.now() },
    // It comes back late enough to miss what the test publishes meanwhile.
    Object.assign(Object.create(Math), { random: () => 0.9 }),
  ];
  const make = new Function(...names, `${source.replace('export ', '')}\nreturn connect;`);
  return { connect: make(...values) as Connect, sockets };
}

describe('minimal client of PROTOCOL.md', () => {
  it('delivers in order and once over disconnects, holes and lost last messages, and tells a gap', () => {
    const rig = new Rig({ channels: { chat: { class: 'log', history: { maxCount: 3 } } } });
    const { connect, sockets } = setUp(rig);
    const heard: unknown[] = [];
    const handlers = {
      onMessage: (data: unknown) => heard.push(data),
      onGap: (why: string) => heard.push(`gap ${why}`),
    };
    connect('ws://server', 'ann', new Map([['chat', handlers]]));
    rig.advance(100);
    const writer = rig.greeted({ auth: 'bob' });
    const publish = (...values: number[]): void => {
      for (const value of values) writer.publish(value);
    };
    const keepAlive = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 10_000) {
        writer.send({ t: 'ping' });
        rig.advance(10_000);
      }
    };
    publish(1, 2);
    sockets[0]!.end();
    publish(3);
    rig.advance(2_000);
    assert.deepEqual(heard, [1, 2, 3], 'resumed');

    let lost = 0;
    sockets[1]!.passes = ({ d }) => d !== 4 || lost++ > 0;
    publish(4, 5);
    assert.deepEqual(heard, [1, 2, 3, 4, 5], 'a hole');

    lost = 0;
    sockets[1]!.passes = ({ d }) => d !== 6 || lost++ > 0;
    publish(6);
    keepAlive(20_000);
    assert.deepEqual(heard.at(-1), 6, 'the last message was lost');

    sockets[1]!.end();
    publish(7, 8, 9, 10, 11);
    rig.advance(2_000);
    publish(12);
    assert.deepEqual(heard.slice(6), ['gap trimmed', 12]);
  });
});
