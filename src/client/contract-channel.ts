// Which contract describes a channel, found from its name by the compiler: `chat:42` is described by `chat:{id}`.

import type {
  AnyCallContract,
  AnyChannelContract,
  CallInputOf,
  CallOutputOf,
  ChannelContract,
  Contract,
  DraftOf,
  PayloadOf,
  PlainData,
  PresenceOf,
} from '../channel/index.ts';
import type { Channel } from './channel/channel.ts';
import type { StreamCall } from './stream-call.ts';

/** The names that a pattern describes: `chat:{id}` gives `chat:${string}`. */
export type NameOf<Pattern extends string> = Pattern extends `${infer Head}{${string}}${infer Tail}`
  ? `${Head}${string}${NameOf<Tail>}`
  : Pattern;

type Segments<Name extends string> = Name extends `${infer Head}:${infer Tail}`
  ? [Head, ...Segments<Tail>]
  : [Name];

/** Segment by segment: `chat:{id}` describes `chat:42`, but not `chat:42:typing`. */
type Matches<Name extends readonly string[], Pattern extends readonly string[]> = Pattern extends readonly [
  infer Wanted extends string,
  ...infer MoreWanted extends string[],
]
  ? Name extends readonly [infer Given extends string, ...infer MoreGiven extends string[]]
    ? Wanted extends `{${string}}`
      ? Matches<MoreGiven, MoreWanted>
      : Given extends Wanted
        ? Matches<MoreGiven, MoreWanted>
        : false
    : false
  : Name extends readonly []
    ? true
    : false;

type PatternOf<Each> =
  Each extends ChannelContract<infer Pattern, infer _Payload, infer _Presence> ? Pattern : never;

type ChannelsOf<Contracts extends Contract> = Contracts['channels'][keyof Contracts['channels']];

/** The names of all channels of a contract; of no contract, any name. */
export type ChannelName<Contracts extends Contract | undefined> = Contracts extends Contract
  ? NameOf<PatternOf<ChannelsOf<Contracts>>>
  : string;

type FindContract<Each, Name extends string> = Each extends AnyChannelContract
  ? Matches<Segments<Name>, Segments<PatternOf<Each>>> extends true
    ? Each
    : never
  : never;

/** The contract that describes the channel of this name. */
export type ContractFor<Contracts extends Contract, Name extends string> = FindContract<
  ChannelsOf<Contracts>,
  Name
>;

type Typed<Each> = Each extends AnyChannelContract
  ? Channel<DraftOf<Each>, PayloadOf<Each>, PresenceOf<Each>>
  : never;

/** The channel of this name, as its contract types it. */
export type ChannelFor<
  Contracts extends Contract | undefined,
  Name extends string,
> = Contracts extends Contract ? Typed<ContractFor<Contracts, Name>> : Channel;

/** The calls of a contract; of no contract, any. */
export type CallName<Contracts extends Contract | undefined> = Contracts extends Contract
  ? keyof Contracts['calls'] & string
  : string;

type CallContractOf<Contracts, Name> = Contracts extends Contract
  ? Name extends keyof Contracts['calls']
    ? Contracts['calls'][Name]
    : never
  : never;

export type CallInput<Contracts extends Contract | undefined, Name> = Contracts extends Contract
  ? CallContractOf<Contracts, Name> extends infer Call extends AnyCallContract
    ? CallInputOf<Call>
    : never
  : PlainData;

/** A promise of the answer, or an iterator over the items of a stream. */
export type CallAnswer<Contracts extends Contract | undefined, Name> = Contracts extends Contract
  ? CallContractOf<Contracts, Name> extends infer Call extends AnyCallContract
    ? Call['isStream'] extends true
      ? StreamCall<CallOutputOf<Call>>
      : Promise<CallOutputOf<Call>>
    : never
  : Promise<PlainData>;
