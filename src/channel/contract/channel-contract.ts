// Declares a channel once, for both ends: its names, payloads, class, presence, and who may do what.

import { type ChannelParameters, ChannelPattern } from '../channel-pattern.ts';
import { type ChannelPolicy, type ChannelPolicyOptions, resolveChannelPolicy } from '../channel-policy.ts';
import { deliveryTraits } from '../delivery-class.ts';
import { UsageError } from '../errors.ts';
import { type Asker, isRule, permits, type Rule } from './rule.ts';
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts';
import { type Validation, validate } from './validation.ts';

/** What can be asked of a channel. To resume is to subscribe. `presence` is to see who is there. */
export type ChannelVerb = 'subscribe' | 'publish' | 'history' | 'presence' | 'enter';

export interface ChannelRules<Parameters> {
  readonly subscribe: Rule<Parameters>;
  /** @default 'nobody' (only the server publishes) */
  readonly publish?: Rule<Parameters>;
  /** @default the rule of `subscribe` */
  readonly history?: Rule<Parameters>;
  /** @default the rule of `subscribe` */
  readonly presence?: Rule<Parameters>;
  /** To be seen by others. @default the rule of `subscribe` */
  readonly enter?: Rule<Parameters>;
}

export interface ChannelOptions<
  Pattern extends string,
  Payload extends StandardSchema,
  Presence extends StandardSchema | undefined,
> extends ChannelPolicyOptions {
  /**
   * Of every publication. What validation returns is what travels, and is validated again where it arrives: so it must
   * be plain data and fit the schema once more. Defaults, trimming and dropped fields do; a `Date` does not.
   */
  readonly payload: Payload;
  /** Of what a member shows of itself. Absent: the channel has no presence. */
  readonly presence?: Presence;
  readonly allow: ChannelRules<ChannelParameters<Pattern>>;
  /** `state` only, and needed there: the key whose value a payload replaces, 1–128 characters. */
  readonly stateKey?: (payload: OutputOf<Payload>) => string;
  /** For people, in the printed contract. */
  readonly description?: string;
}

export class ChannelContract<
  Pattern extends string = string,
  Payload extends StandardSchema = StandardSchema,
  Presence extends StandardSchema | undefined = StandardSchema | undefined,
> {
  readonly pattern: ChannelPattern<Pattern>;
  readonly policy: ChannelPolicy;
  readonly payload: Payload;
  readonly presence: Presence;
  readonly description: string | undefined;
  readonly rules: Required<ChannelRules<ChannelParameters<Pattern>>>;
  readonly #stateKey: ((payload: OutputOf<Payload>) => string) | undefined;

  /** @throws {UsageError} naming what can never work. */
  constructor(pattern: Pattern, options: ChannelOptions<Pattern, Payload, Presence>) {
    const { payload, presence, allow, stateKey, description, ...policy } = options;
    this.pattern = new ChannelPattern(pattern);
    this.policy = resolveChannelPolicy(policy);
    this.payload = payload;
    this.presence = presence as Presence;
    this.description = description;
    const { subscribe } = allow;
    this.rules = { publish: 'nobody', history: subscribe, presence: subscribe, enter: subscribe, ...allow };
    for (const [verb, rule] of Object.entries(this.rules)) {
      if (!isRule(rule)) throw new UsageError(`channel ${pattern}: no rule for ${verb}: ${String(rule)}`);
    }
    if (deliveryTraits[this.policy.class].isKeyed !== (stateKey !== undefined)) {
      throw new UsageError(`channel ${pattern}: stateKey is needed for class state, and only there`);
    }
    this.#stateKey = stateKey;
  }

  /** The name of one channel of this contract. @throws {UsageError} when a parameter is missing or not a segment. */
  name(parameters: ChannelParameters<Pattern>): string {
    return this.pattern.format(parameters);
  }

  validatePayload(value: unknown): Validation<OutputOf<Payload>> {
    return validate(this.payload, value);
  }

  /** @throws {UsageError} when the channel has no presence. */
  validatePresence(value: unknown): Validation<Presence extends StandardSchema ? OutputOf<Presence> : never> {
    if (this.presence === undefined) throw new UsageError(`channel ${this.pattern.pattern} has no presence`);
    return validate(this.presence, value) as Validation<
      Presence extends StandardSchema ? OutputOf<Presence> : never
    >;
  }

  /** The state key of a validated payload; `undefined` in a channel that is not keyed. */
  stateKeyOf(payload: OutputOf<Payload>): string | undefined {
    return this.#stateKey?.(payload);
  }

  permits(verb: ChannelVerb, asker: Asker, parameters: ChannelParameters<Pattern>): boolean {
    return permits(this.rules[verb], asker, parameters);
  }
}

/** @throws {UsageError} naming what can never work. */
export function defineChannel<
  const Pattern extends string,
  Payload extends StandardSchema,
  Presence extends StandardSchema | undefined = undefined,
>(
  pattern: Pattern,
  options: ChannelOptions<Pattern, Payload, Presence>,
): ChannelContract<Pattern, Payload, Presence> {
  return new ChannelContract(pattern, options);
}

// biome-ignore lint/suspicious/noExplicitAny: a rule takes its own parameters, so no other type holds every contract
export type AnyChannelContract = ChannelContract<any, any, any>;

/** What one publishes. */
export type DraftOf<Contract extends AnyChannelContract> = InputOf<Contract['payload']>;

/** What one receives. */
export type PayloadOf<Contract extends AnyChannelContract> = OutputOf<Contract['payload']>;

export type ParametersOf<Contract extends AnyChannelContract> = Parameters<Contract['name']>[0];

/** What a member shows of itself; `never` in a channel without presence. */
export type PresenceOf<Contract extends AnyChannelContract> = Contract['presence'] extends StandardSchema
  ? OutputOf<Contract['presence']>
  : never;
