// What a contract says of a channel or a call, found by the compiler from its name.

import type {
  AnyChannelContract,
  CallInputOf,
  CallOutputOf,
  ChannelNameOf,
  ChannelOf,
  Contract,
  DraftOf,
  PayloadOf,
  PlainData,
  PresenceOf,
} from '../channel/index.ts';
import type { Channel } from './channel/channel.ts';

/** The names of all channels of a contract; of no contract, any name. */
export type ChannelName<Contracts extends Contract | undefined> = Contracts extends Contract
  ? ChannelNameOf<Contracts['channels']>
  : string;

type Typed<Each> = Each extends AnyChannelContract
  ? Channel<DraftOf<Each>, PayloadOf<Each>, PresenceOf<Each>>
  : never;

/** The channel of this name, as its contract types it. */
export type ChannelFor<
  Contracts extends Contract | undefined,
  Name extends string,
> = Contracts extends Contract ? Typed<ChannelOf<Contracts['channels'], Name>> : Channel;

type CallKeys<Contracts extends Contract, IsStream extends boolean> = {
  [Key in keyof Contracts['calls'] & string]: Contracts['calls'][Key]['isStream'] extends IsStream
    ? Key
    : never;
}[keyof Contracts['calls'] & string];

/** The calls of a contract that have one answer; of no contract, any. */
export type CallName<Contracts extends Contract | undefined> = Contracts extends Contract
  ? CallKeys<Contracts, false>
  : string;

/** The calls of a contract that answer with a stream. */
export type StreamName<Contracts extends Contract | undefined> = Contracts extends Contract
  ? CallKeys<Contracts, true>
  : string;

type CallOf<Contracts, Name> = Contracts extends Contract
  ? Name extends keyof Contracts['calls']
    ? Contracts['calls'][Name]
    : never
  : never;

export type CallInput<Contracts extends Contract | undefined, Name> = Contracts extends Contract
  ? CallInputOf<CallOf<Contracts, Name>>
  : PlainData;

export type CallAnswer<Contracts extends Contract | undefined, Name> = Contracts extends Contract
  ? CallOutputOf<CallOf<Contracts, Name>>
  : PlainData;

/** One item of a stream. */
export type StreamItem<Contracts extends Contract | undefined, Name> = CallAnswer<Contracts, Name>;
