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

type Segments<Name extends string> = Name extends `${infer First}:${infer Rest}`
  ? [First, ...Segments<Rest>]
  : [Name];

/** Whether a name, cut into its segments, is one that the pattern describes. */
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

/**
 * The contract of the channel that has this name. A parameter stands for exactly one segment, so that `chat:{id}` is not
 * the contract of `chat:42:typing`. Where nothing tells them apart, any of the contracts.
 */
export type ChannelOf<Known extends Channels, Name extends string> = {
  [Key in keyof Known]: Name extends NameOf<PatternOf<Known[Key]>>
    ? Matches<Segments<Name>, Segments<PatternOf<Known[Key]>>> extends true
      ? Known[Key]
      : never
    : never;
}[keyof Known];
