// A contract: all the channels and calls that two ends agree on, in one object.

import type { ChannelParameters } from '../channel-pattern.ts';
import { UsageError } from '../errors.ts';
import type { AnyCallContract } from './call-contract.ts';
import type { AnyChannelContract } from './channel-contract.ts';

export interface ContractOptions<
  Channels extends Readonly<Record<string, AnyChannelContract>>,
  Calls extends Readonly<Record<string, AnyCallContract>>,
> {
  /** For people, and for the printed contract. */
  readonly title: string;
  /** Of this contract, not of the protocol: `1.2.0`. */
  readonly version: string;
  readonly channels: Channels;
  /** @default none */
  readonly calls?: Calls;
}

export interface FoundChannel {
  /** The name under which it stands in `channels`. */
  readonly key: string;
  readonly contract: AnyChannelContract;
  readonly parameters: ChannelParameters<string>;
}

export class Contract<
  Channels extends Readonly<Record<string, AnyChannelContract>> = Readonly<
    Record<string, AnyChannelContract>
  >,
  Calls extends Readonly<Record<string, AnyCallContract>> = Readonly<Record<string, AnyCallContract>>,
> {
  readonly title: string;
  readonly version: string;
  readonly channels: Channels;
  readonly calls: Calls;
  readonly #channels: readonly (readonly [string, AnyChannelContract])[];
  readonly #calls: ReadonlyMap<string, AnyCallContract>;

  /** @throws {UsageError} when a name is not an identifier, or two patterns describe the same channel. */
  constructor(options: ContractOptions<Channels, Calls>) {
    this.title = options.title;
    this.version = options.version;
    this.channels = options.channels;
    this.calls = options.calls ?? ({} as Calls);
    this.#channels = Object.entries(this.channels);
    this.#calls = new Map(Object.entries(this.calls));
    for (const name of [...Object.keys(this.channels), ...this.#calls.keys()]) checkName(name);
    for (const [index, [key, channel]] of this.#channels.entries()) {
      const other = this.#channels.slice(0, index).find(([, each]) => each.pattern.overlaps(channel.pattern));
      if (other !== undefined)
        throw new UsageError(`channels ${other[0]} and ${key} describe the same names`);
    }
  }

  /** The one contract that describes this channel, or `undefined`. */
  findChannel(name: string): FoundChannel | undefined {
    for (const [key, contract] of this.#channels) {
      const parameters = contract.pattern.match(name);
      if (parameters !== undefined) return { key, contract, parameters };
    }
    return undefined;
  }

  /** The call of this name, or `undefined`. */
  findCall(name: string): AnyCallContract | undefined {
    return this.#calls.get(name);
  }
}

/** @throws {UsageError} when a name is not an identifier, or two patterns describe the same channel. */
export function defineContract<
  Channels extends Readonly<Record<string, AnyChannelContract>>,
  // biome-ignore lint/complexity/noBannedTypes: a contract without calls has none, not any
  Calls extends Readonly<Record<string, AnyCallContract>> = {},
>(options: ContractOptions<Channels, Calls>): Contract<Channels, Calls> {
  return new Contract(options);
}

function checkName(name: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
    throw new UsageError(`channels and calls are named by identifiers, got ${JSON.stringify(name)}`);
  }
}
