// Which contract describes a channel, found from its name by the compiler: `chat:42` is described by `chat:{id}`.

import type {
  AnyCallContract,
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
import type { StreamCall } from './stream-call.ts';

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
