import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  CallInputOf,
  CallOutputOf,
  ChannelNameOf,
  ChannelOf,
  ChannelParameters,
  DraftOf,
  ParametersOf,
  PayloadOf,
  PresenceOf,
} from '../../src/channel/index.ts';
import {
  chat,
  type countdown,
  example,
  type inbox,
  type prices,
  type search,
} from './contract/example-contract.ts';

/** `true` only when both types are exactly the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile unless the type is `true`. */
function proves<_Claim extends true>(): void {}

describe('contract types', () => {
  it('one object types both ends: what one publishes, and what one receives', () => {
    proves<Same<DraftOf<typeof chat>, { text: string; tags?: string[] | undefined }>>();
    proves<Same<PayloadOf<typeof chat>, { text: string; tags: string[] }>>();
    proves<Same<PayloadOf<typeof prices>, { symbol: string; price: number }>>();
    proves<Same<PayloadOf<typeof inbox>, string>>();
  });

  it('parameters come from the pattern', () => {
    proves<Same<ParametersOf<typeof chat>, ChannelParameters<'org:{org}:chat:{id}'>>>();
    proves<Same<keyof ParametersOf<typeof chat>, 'org' | 'id'>>();
    proves<Same<keyof ParametersOf<typeof prices>, never>>();
    // @ts-expect-error: `org` is missing
    assert.throws(() => chat.name({ id: '1' }));
  });

  it('presence is typed where there is any', () => {
    proves<Same<PresenceOf<typeof chat>, { name: string }>>();
    proves<Same<PresenceOf<typeof prices>, never>>();
  });

  it('calls are typed, with defaults on the way in', () => {
    proves<Same<CallInputOf<typeof search>, { query: string; limit?: number | undefined }>>();
    proves<Same<CallOutputOf<typeof search>, string[]>>();
    proves<Same<(typeof search)['isStream'], false>>();
    proves<Same<(typeof countdown)['isStream'], true>>();
  });

  it('a name leads to the contract of its channel', () => {
    type Channels = typeof example.channels;
    proves<Same<ChannelNameOf<Channels>, `org:${string}:chat:${string}` | 'prices' | `inbox:${string}`>>();
    proves<Same<ChannelOf<Channels, 'org:a:chat:b'>, typeof chat>>();
    proves<Same<ChannelOf<Channels, 'prices'>, typeof prices>>();
    proves<Same<ChannelOf<Channels, 'elsewhere'>, never>>();
  });

  it('a whole contract keeps the types of its parts', () => {
    proves<Same<typeof example.channels.chat, typeof chat>>();
    proves<Same<keyof typeof example.calls, 'search' | 'countdown'>>();
    assert.equal(example.channels.chat, chat);
  });
});
