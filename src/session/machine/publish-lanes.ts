// The publishes of one connection: authorised, then handed to the source in the order in which they came, channel by channel.

import { type ChannelPolicy, type Draft, deliveryTraits, type PlainData } from '../../channel/index.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import type { PubPacket } from '../packet.ts';
import type { Authorization, ChannelSource, PublishOutcome } from './hub-port.ts';

export interface PublishHost {
  readonly source: ChannelSource;
  readonly subject: string;
  /** The producer id of `hello`. */
  readonly producer: string | undefined;
  readonly isOpen: boolean;
  authorizePublish(packet: PubPacket, done: (answer: Authorization) => void): void;
  reply(id: number | undefined, answer: { readonly ok: PlainData } | { readonly err: ErrorBody }): void;
}

/** Publishes to one channel that wait for their authorisation; the first one is being asked about. */
type Lane = PubPacket[];

export class PublishLanes {
  protected readonly host: PublishHost;
  readonly #lanes = new Map<string, Lane>();

  constructor(host: PublishHost) {
    this.host = host;
  }

  publish(packet: PubPacket): void {
    const lane = this.#lanes.get(packet.ch);
    if (lane !== undefined) {
      lane.push(packet);
      return;
    }
    const started: Lane = [packet];
    this.#lanes.set(packet.ch, started);
    this.#authorize(packet.ch, started);
  }

  #authorize(channel: string, lane: Lane): void {
    const packet = lane[0]!;
    this.host.authorizePublish(packet, (answer) => {
      if (this.host.isOpen) this.#submit(packet, answer);
      lane.shift();
      if (lane.length > 0 && this.host.isOpen) this.#authorize(channel, lane);
      else this.#lanes.delete(channel);
    });
  }

  #submit(packet: PubPacket, answer: Authorization): void {
    const host = this.host;
    if (answer.type === 'refused') return host.reply(packet.id, { err: answer.error });
    const { policy } = answer;
    const { data = packet.d, stateKey = packet.k } = answer;
    const problem = this.#findProblem(packet, stateKey, policy);
    if (problem !== undefined) return host.reply(packet.id, { err: errorBody('bad_request', problem) });
    const content = stateKey === undefined ? { data } : { data, stateKey };
    this.submit(packet, this.#draft(packet, content, policy), policy);
  }

  /** The reply comes after the append, never before it. */
  protected submit(packet: PubPacket, draft: Draft, policy: ChannelPolicy): void {
    this.host.source.publish(packet.ch, draft, {
      policy,
      done: (outcome) => this.host.reply(packet.id, publishAnswer(outcome)),
    });
  }

  #findProblem(packet: PubPacket, stateKey: string | undefined, policy: ChannelPolicy): string | undefined {
    const { isKeyed } = deliveryTraits[policy.class];
    if (isKeyed !== (stateKey !== undefined)) {
      return isKeyed
        ? 'a state channel needs k, the key whose value this is'
        : 'k belongs to state channels only';
    }
    if (packet.x !== undefined && (!isKeyed || packet.d !== null))
      return 'x belongs to a state key, with d null';
    if (packet.q !== undefined && packet.prod === undefined && this.host.producer === undefined) {
      return 'q without a producer id';
    }
    return undefined;
  }

  #draft(packet: PubPacket, content: Pick<Draft, 'data' | 'stateKey'>, policy: ChannelPolicy): Draft {
    const { isStored } = deliveryTraits[policy.class];
    const { q, key, x } = packet;
    const id = packet.prod ?? this.host.producer;
    const { subject } = this.host;
    return {
      ...content,
      // Who has not signed in is nobody.
      ...(subject !== '' && { publisher: subject }),
      ...(isStored && q !== undefined && id !== undefined && { producer: { id, sequence: q } }),
      ...(isStored && key !== undefined && { dedupeKey: key }),
      ...(x === 1 && { removed: true as const }),
    };
  }
}

function publishAnswer(outcome: PublishOutcome): { readonly ok: PlainData } | { readonly err: ErrorBody } {
  if (outcome.type === 'accepted') {
    const { epoch, offset } = outcome.position;
    return { ok: { e: epoch, o: offset, dup: outcome.duplicate } };
  }
  if (outcome.type === 'failed') {
    return outcome.effect === 'none'
      ? { err: errorBody('unavailable', 'nothing was published: the broker does not answer') }
      : { err: errorBody('unknown', 'the broker does not answer: it may have been published') };
  }
  switch (outcome.reason) {
    case 'seq_gap': {
      const { expected } = outcome;
      return { err: errorBody('seq_gap', `expected sequence ${expected}`, { expect: expected }) };
    }
    case 'producer_expired':
      return { err: errorBody('producer_expired', 'whether this was published is not known any more') };
    case 'full':
      return { err: errorBody('full', 'the channel has no room') };
  }
}
