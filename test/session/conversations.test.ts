// The conversations of test/vectors, held with the real machines in both codecs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MemoryBroker } from '../../src/broker/index.ts';
import { type ChannelPolicy, type DeliveryClass, resolveChannelPolicy } from '../../src/channel/index.ts';
import { BrokerSource } from '../../src/server/index.ts';
import {
  type Authority,
  errorBody,
  Hub,
  jsonCodec,
  messagePackCodec,
  type Packet,
  type PacketCodec,
  type ServerConnection,
  SessionRegistry,
} from '../../src/session/index.ts';
import { settlePromises, VirtualClock } from '../../src/testkit/index.ts';

// PROTOCOL.md, section 17: conversations that any server can be put through. The file says what its steps mean.

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

interface Step {
  readonly on?: string;
  readonly open?: string;
  readonly drop?: string;
  readonly send?: Json;
  readonly text?: string;
  readonly expect?: readonly Json[];
  readonly close?: number;
  readonly pass?: number;
}

const file = new URL('../../../test/vectors/conversations.json', import.meta.url);
const { conversations } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly conversations: readonly { readonly name: string; readonly steps: readonly Step[] }[];
};

const policies = new Map<string, ChannelPolicy>([
  ['short', resolveChannelPolicy({ class: 'log', history: { maxCount: 3 } })],
  ...(['log', 'state', 'signal', 'mailbox'] satisfies DeliveryClass[]).map(
    (name) => [name, resolveChannelPolicy({ class: name })] as const,
  ),
]);

const authority: Authority = {
  authenticate: ({ token }, done) =>
    token?.startsWith('user:')
      ? done({ type: 'accepted', subject: token.slice(5) })
      : done({ type: 'rejected', reason: 'not a credential' }),
  authorize({ channel }, done) {
    const kind = channel.split(':')[0]!;
    const policy = policies.get(kind);
    if (policy !== undefined) done({ type: 'allowed', policy });
    else if (kind === 'secret') done({ type: 'refused', error: errorBody('forbidden', 'secret') });
    else done({ type: 'refused', error: errorBody('unknown_channel', 'no such channel') });
  },
};

class Conversation {
  readonly #clock = new VirtualClock();
  readonly #hub: Hub;
  readonly #connections = new Map<
    string,
    { machine: ServerConnection; heard: Json[]; closedWith?: number }
  >();
  readonly #names = new Map<string, Json>();
  readonly #codec: PacketCodec;
  #lastToken = 0;

  constructor(codec: PacketCodec) {
    this.#codec = codec;
    const report = (error: unknown): void => assert.fail(error as Error);
    const broker = new MemoryBroker({ clock: this.#clock });
    this.#hub = new Hub({
      source: new BrokerSource({ broker, node: 'n1', leaseMs: 30_000, report }),
      authority,
      sessions: new SessionRegistry({
        randomToken: () => `token-${++this.#lastToken}`,
        ttlMs: 120_000,
        now: () => this.#clock.now(),
        defer: (callback) => queueMicrotask(callback),
      }),
      random: () => 0.5,
      node: 'n1',
      report,
    });
  }

  async take(step: Step): Promise<void> {
    if (step.open !== undefined) return this.#open(step.open);
    if (step.pass !== undefined) return this.#pass(step.pass);
    const connection = this.#connections.get(step.drop ?? step.on ?? 'a')!;
    const now = this.#clock.now();
    if (step.drop !== undefined) connection.machine.transportClosed(now);
    if (step.send !== undefined)
      connection.machine.receive(this.#codec.encode(this.#fill(step.send) as unknown as Packet), now);
    if (step.text !== undefined) connection.machine.receive(step.text, now);
    await settlePromises();
    await settlePromises();
    if (step.expect !== undefined) this.#expect(step.expect, connection.heard.splice(0));
    if (step.close !== undefined) assert.equal(connection.closedWith, step.close);
  }

  #open(name: string): void {
    const heard: Json[] = [];
    const sink = {
      bufferedAmount: 0,
      send: (message: string | Uint8Array) => void heard.push(this.#codec.decode(message) as Json),
      close: (code: number) => {
        this.#connections.get(name)!.closedWith = code;
      },
    };
    const machine = this.#hub.accept({ codec: this.#codec, sink }, this.#clock.now());
    this.#connections.set(name, { machine, heard });
  }

  async #pass(ms: number): Promise<void> {
    const until = this.#clock.now() + ms;
    for (
      let next = this.#hub.nextTimeout();
      next !== undefined && next <= until;
      next = this.#hub.nextTimeout()
    ) {
      this.#clock.advance(Math.max(0, next - this.#clock.now()));
      this.#hub.handleTimeout(this.#clock.now());
      await settlePromises();
    }
    this.#clock.advance(until - this.#clock.now());
  }

  #expect(expected: readonly Json[], heard: readonly Json[]): void {
    const left = [...heard];
    const told = () => `expected ${JSON.stringify(expected)}, heard ${JSON.stringify(heard)}`;
    const lastOf = new Map<Json, number>();
    for (const each of expected) {
      const found = left.findIndex((packet) => packet !== null && this.#matches(each, packet, new Map()));
      assert.ok(found >= 0, `${told()}: nothing like ${JSON.stringify(each)}`);
      const packet = left[found] as { readonly s?: Json };
      this.#matches(each, packet as Json, this.#names);
      left[found] = null;
      const stream = packet.s ?? null;
      if (stream !== null) assert.ok(found > (lastOf.get(stream) ?? -1), `${told()}: not in this order`);
      lastOf.set(stream, found);
    }
    assert.ok(
      left.every((packet) => packet === null),
      `${told()}: and more`,
    );
  }

  /** Names that are not bound yet are bound in `bind`. */
  #matches(expected: Json | undefined, actual: Json | undefined, bind: Map<string, Json>): boolean {
    if (expected === '*') return actual !== undefined;
    if (typeof expected === 'string' && expected.startsWith('$')) {
      const known = this.#names.get(expected) ?? bind.get(expected);
      if (known === undefined && actual !== undefined) bind.set(expected, actual);
      return actual !== undefined && (known === undefined || known === actual);
    }
    if (typeof expected !== 'object' || expected === null) return expected === actual;
    if (typeof actual !== 'object' || actual === null) return false;
    if (Array.isArray(expected)) {
      const list = actual as readonly Json[];
      return (
        expected.length === list.length &&
        expected.every((each, index) => this.#matches(each, list[index], bind))
      );
    }
    const map = actual as { readonly [name: string]: Json };
    return Object.entries(expected).every(([name, each]) => this.#matches(each, map[name], bind));
  }

  #fill(value: Json): Json {
    if (typeof value === 'string') return value.startsWith('$') ? this.#names.get(value)! : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.#fill(each));
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#fill(each)]));
  }
}

for (const codec of [jsonCodec, messagePackCodec]) {
  describe(`conversations (${codec.name})`, () => {
    for (const { name, steps } of conversations) {
      it(name, async () => {
        const conversation = new Conversation(codec);
        for (const step of steps) await conversation.take(step);
      });
    }
  });
}
