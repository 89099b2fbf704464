// The types of channel names: `'chat:{id}'` describes `chat:${string}`, and a name leads back to its contract.

import type { AnyChannelContract } from './channel-contract.ts';

/** The names that a pattern describes: `'chat:{id}'` gives `` `chat:${string}` ``. */
export type NameOf<Pattern extends string> = Pattern extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${NameOf<After>}`
  : Pattern;

type Channels = Readonly<Record<string, AnyChannelContract>>;

type PatternOf<Channel extends AnyChannelContract> = Channel['pattern']['pattern'];

/** The names of all channels of a contract. */
export type ChannelNameOf<Known extends Channels> = {
  [Key in keyof Known]: NameOf<PatternOf<Known[Key]>>;
}[keyof Known];

/** The contract of the channel that has this name. Where nothing tells them apart, any of the contracts. */
export type ChannelOf<Known extends Channels, Name extends string> = {
  [Key in keyof Known]: Name extends NameOf<PatternOf<Known[Key]>> ? Known[Key] : never;
}[keyof Known];
