// Wrong variants of the machines, each with one mistake that others have made: the simulator or a rule must catch it.

import assert from 'node:assert/strict';
import type { ChannelPolicy, Draft, Position, PresenceLeave } from '../../../src/channel/index.ts';
import {
  type Authorization,
  ChannelStream,
  ChannelSubscription,
  ClientSubscription,
  PresenceDesk,
  PublishLanes,
  SubscriptionSet,
} from '../../../src/session/index.ts';
import type { SimulationParts } from '../../../src/testkit/index.ts';
import { Rig } from '../rules/rig.ts';

export interface Variant {
  readonly name: string;
  /** Fresh for each run: some mistakes remember things. */
  parts?(): SimulationParts;
  /** A scenario of a rule: throws when the variant breaks it. For what the simulator's checker does not look at. */
  readonly rule?: { readonly name: string; run(): void };
}

type Done = (answer: Authorization) => void;

class AcknowledgesBeforeAppend extends PublishLanes {
  #last: Position = { epoch: 'e1', offset: 0 };

  protected override submit(
    packet: Parameters<PublishLanes['publish']>[0],
    draft: Draft,
    policy: ChannelPolicy,
  ): void {
    const { epoch, offset } = this.#last;
    this.host.reply(packet.id, { ok: { e: epoch, o: offset + 1, dup: false } });
    this.host.source.publish(packet.ch, draft, {
      policy,
      done: (outcome) => {
        if (outcome.type === 'accepted') this.#last = outcome.position;
      },
    });
  }
}

class ForgetsTheSequence extends PublishLanes {
  protected override submit(
    packet: Parameters<PublishLanes['publish']>[0],
    draft: Draft,
    policy: ChannelPolicy,
  ): void {
    const { producer: _, ...anonymous } = draft;
    super.submit(packet, anonymous, policy);
  }
}

function trustsWhoResumes(): typeof SubscriptionSet {
  const remembered = new Map<string, Authorization>();
  return class extends SubscriptionSet {
    #isResuming = false;

    override resume(...[entries, done]: Parameters<SubscriptionSet['resume']>): void {
      this.#isResuming = true;
      super.resume(entries, done);
      this.#isResuming = false;
    }

    protected override authorize(channel: string, done: Done): void {
      const isResuming = this.#isResuming;
      super.authorize(channel, (answer) => {
        const known = remembered.get(channel);
        if (answer.type === 'allowed') remembered.set(channel, { type: 'allowed', policy: answer.policy });
        done(answer.type === 'refused' && isResuming && known !== undefined ? known : answer);
      });
    }
  };
}

class TakesAnyAnswer extends SubscriptionSet {
  protected override isCurrent(): boolean {
    return true;
  }
}

class RecoversPartially extends ChannelStream {
  override readPage(...[after, done]: Parameters<ChannelStream['readPage']>): void {
    super.readPage(after, (answer) => {
      done(
        answer.type === 'page' && answer.items.length > 1
          ? { ...answer, items: answer.items.slice(1) }
          : answer,
      );
    });
  }
}

class ConflatesAcrossKeys extends ChannelStream {
  override readPage(...[after, done]: Parameters<ChannelStream['readPage']>): void {
    super.readPage(after, (answer) => {
      const isState = this.policy.class === 'state' && answer.type === 'page';
      done(isState ? { ...answer, items: answer.items.slice(-1) } : answer);
    });
  }
}

class NoticesNoEpoch extends ChannelStream {
  protected override mayContinue(): boolean {
    return true;
  }
}

class NoticesNoTrailingLoss extends ChannelStream {
  protected override isBehind(): boolean {
    return false;
  }
}

class DisordersAtTheGate extends ChannelStream {
  constructor(...options: ConstructorParameters<typeof ChannelStream>) {
    super(...options);
    const above = this.gate.above.bind(this.gate);
    this.gate.above = (offset) => above(offset)?.toReversed();
  }
}

class OverflowsSilently extends ChannelStream {
  constructor(...options: ConstructorParameters<typeof ChannelStream>) {
    super(...options);
    const above = this.gate.above.bind(this.gate);
    this.gate.above = (offset) => above(offset) ?? above(Number.MAX_SAFE_INTEGER);
  }
}

class ForgetsWhereItParked extends ChannelSubscription {
  protected override parkOffset(): number {
    return this.stream.offset;
  }
}

class NeverEnds extends ChannelSubscription {
  override end(): void {}
}

class GrantsOnParse extends ClientSubscription {
  protected override afterParse(finish: () => void): void {
    finish();
  }
}

class TrustsItsPosition extends ClientSubscription {
  protected override isBehind(): boolean {
    return false;
  }
}

class LeavesAboveAll extends PresenceDesk {
  protected override leaveSurely(...[channel, clock]: [string, PresenceLeave['clock'], boolean]): void {
    // As if it won every tie, and more.
    super.leaveSurely(channel, clock + 1_000_000, false);
  }
}

class ForgetsItsMembers extends PresenceDesk {
  override enterAgain(): void {}
}

class KeepsTheDead extends PresenceDesk {
  protected override leaveSurely(): void {}
}

/** A broker whose window is over as soon as it has opened: a repeated sequence is taken for a new one. */
function forgetfulBroker(): NonNullable<SimulationParts['broker']> {
  const seen = new Set<string>();
  return {
    alterDraft(draft) {
      const { producer, ...anonymous } = draft;
      if (producer === undefined) return draft;
      const name = `${producer.id} ${producer.sequence}`;
      if (seen.has(name)) return anonymous;
      seen.add(name);
      return draft;
    },
  };
}

export const variants: readonly Variant[] = [
  { name: 'acknowledges before the append', parts: () => ({ server: { Lanes: AcknowledgesBeforeAppend } }) },
  { name: 'duplicates after a retry', parts: () => ({ server: { Lanes: ForgetsTheSequence } }) },
  { name: 'forgets the producer window', parts: () => ({ broker: forgetfulBroker() }) },
  { name: 'skips authorisation on resume', parts: () => ({ server: { Subscriptions: trustsWhoResumes() } }) },
  {
    name: 'no generation check between unsub and sub',
    parts: () => ({ server: { Subscriptions: TakesAnyAnswer } }),
  },
  { name: 'recovers partially', parts: () => ({ server: { Stream: RecoversPartially } }) },
  { name: 'conflates across keys', parts: () => ({ server: { Stream: ConflatesAcrossKeys } }) },
  { name: 'reuses offsets within an epoch', parts: () => ({ broker: { newEpochAfterRollback: false } }) },
  { name: 'does not notice a rollback', parts: () => ({ server: { Stream: NoticesNoEpoch } }) },
  {
    name: 'a node never notices a trailing loss',
    parts: () => ({ server: { Stream: NoticesNoTrailingLoss } }),
  },
  {
    name: 'a client never notices a trailing loss',
    rule: { name: 'rule 9', run: () => loseTheLast({ clientParts: { Subscription: TrustsItsPosition } }) },
  },
  {
    name: 'disorders at the gate',
    rule: { name: 'rule 10', run: () => replayWhilePublishing({ parts: { Stream: DisordersAtTheGate } }) },
  },
  { name: 'overflows the gate in silence', parts: () => ({ server: { Stream: OverflowsSilently } }) },
  { name: 'forgets where it parked', parts: () => ({ server: { Subscription: ForgetsWhereItParked } }) },
  { name: 'a subscription outlives its end', parts: () => ({ server: { Subscription: NeverEnds } }) },
  {
    name: 'gives credit back on parse',
    rule: {
      name: 'rule 19',
      run: () => grantOnlyWhenFinished({ clientParts: { Subscription: GrantsOnParse } }),
    },
  },
  { name: 'a leave wins against who came back', parts: () => ({ server: { Presence: LeavesAboveAll } }) },
  { name: 'does not put members again', parts: () => ({ server: { Presence: ForgetsItsMembers } }) },
  { name: 'keeps members of broken connections', parts: () => ({ server: { Presence: KeepsTheDead } }) },
  { name: 'does not fence', rule: { name: 'rule 6', run: () => fence({ fencing: false }) } },
];

/** Rule 10, in short. With nothing replaced it holds. */
export function replayWhilePublishing(options: ConstructorParameters<typeof Rig>[0]): void {
  for (let round = 0; round < 20; round++) {
    const rig = new Rig({ limits: { historyPage: 5, maxGate: 64 }, ...options });
    const writer = rig.greeted();
    for (let index = 1; index <= 5; index++) writer.publish(index);
    writer.subscribe();
    // News overtake the pages of history that were read before them.
    rig.broker.latencyMs = [0.1, 10 + round];
    const reader = rig.greeted();
    reader.send({ t: 'sub', id: 2, ch: 'chat', e: 'e1', o: 0 });
    for (let index = 6; index <= 40; index++) {
      writer.send({ t: 'pub', id: index, ch: 'chat', d: index });
      rig.advance(1);
    }
    rig.advance(500);
    assert.deepEqual(
      reader.payloads,
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
  }
}

/** Rule 9, in short: the last message is lost on its way. */
export function loseTheLast(options: ConstructorParameters<typeof Rig>[0]): void {
  const rig = new Rig({ times: { pingMs: 1_000 }, ...options });
  const client = rig.client();
  const heard = client.subscribe();
  rig.advance(20);
  client.passesDown = (packet) => packet.d !== 'last';
  rig.greeted().publish('last');
  client.passesDown = () => true;
  rig.advance(5_000);
  assert.equal(heard.publications.length, 1);
}

/** Rule 19, in short. */
export function grantOnlyWhenFinished(options: ConstructorParameters<typeof Rig>[0]): void {
  const rig = new Rig(options);
  const client = rig.client();
  const heard = client.subscribe('chat', { window: 2 });
  rig.advance(20);
  for (let index = 1; index <= 6; index++) rig.greeted().publish(index);
  assert.equal(heard.unfinished.length, 2);
}

/** Rule 6, in short. */
export function fence(options: ConstructorParameters<typeof Rig>[0]): void {
  const rig = new Rig(options);
  const first = rig.greeted();
  const { sid, tok } = first.last('welcome');
  rig.greeted({ resume: { sid, tok } });
  assert.equal(first.closed?.code, 4409);
}
