// The one gate of authorisation: the contract's rule, then its schema, then the application's `authorize`.

import {
  type AnyCallContract,
  type Asker,
  type ChannelVerb,
  type Contract,
  type FoundChannel,
  findUnplain,
  hasMoreContainers,
  type PayloadIssue,
  type PlainData,
  UsageError,
  validate,
} from '../../channel/index.ts';
import {
  type Authorization,
  type AuthorizationRequest,
  type ErrorBody,
  errorBody,
} from '../../session/index.ts';
import type { Identity } from './identity.ts';

/** What `authorize` is asked. What the contract refuses, it is not asked about. */
export type AuthorizeRequest =
  | {
      readonly verb: ChannelVerb;
      readonly identity: Identity;
      readonly channel: string;
      /** The name under which the channel stands in the contract. */
      readonly key: string;
      /** From the channel's name: `chat:{id}` gives `{ id }`. */
      readonly parameters: Readonly<Record<string, string>>;
      /** `publish` and `enter`: the payload, validated. */
      readonly data: unknown;
      /** `publish` to a `state` channel: the key that is written, or taken away. */
      readonly stateKey?: string;
      /** `publish`: that key is taken away, and there is no `data`. */
      readonly removed?: true;
    }
  | {
      readonly verb: 'call';
      readonly identity: Identity;
      /** The name of the call. */
      readonly call: string;
      /** The input, validated. */
      readonly data: unknown;
    };

/** Permits by `true` alone. What it throws refuses, with `internal`, and is reported. */
export type Authorize = (request: AuthorizeRequest) => boolean | PromiseLike<boolean>;

export interface ContractGateOptions {
  readonly contract: Contract;
  readonly authorize: Authorize | undefined;
  /** Maps and lists in what one packet of a client brings. */
  readonly maxContainers: number;
  onLimit(limit: 'maxContainers'): void;
  report(error: unknown): void;
}

export type CallPermission =
  | { readonly type: 'allowed'; readonly call: AnyCallContract; readonly input: unknown }
  | { readonly type: 'refused'; readonly error: ErrorBody };

export class ContractGate {
  readonly #options: ContractGateOptions;

  constructor(options: ContractGateOptions) {
    this.#options = options;
  }

  /** Answers for every verb of every channel, on every connection, and again on every resume. */
  authorize(request: AuthorizationRequest, done: (answer: Authorization) => void): void {
    const found = this.#options.contract.findChannel(request.channel);
    if (found === undefined) {
      return done(refused(errorBody('unknown_channel', 'no contract describes this channel')));
    }
    const identity = request.identity as Identity;
    const { key, contract, parameters } = found;
    if (!this.#permits(() => contract.permits(request.verb, asker(identity), parameters))) {
      return done(forbidden);
    }
    const answer = this.#checkData(request, found);
    if (answer.type === 'refused') return done(answer);
    const { verb, channel, removed } = request;
    const { data, stateKey = request.stateKey } = answer;
    this.#ask(
      {
        verb,
        identity,
        channel,
        key,
        parameters,
        data,
        ...(stateKey !== undefined && { stateKey }),
        ...(removed === true && { removed }),
      },
      (error) => done(error === undefined ? answer : refused(error)),
    );
  }

  authorizeCall(
    {
      identity,
      name,
      data,
    }: { readonly identity: Identity; readonly name: string; readonly data: PlainData },
    done: (answer: CallPermission) => void,
  ): void {
    const call = this.#options.contract.findCall(name);
    if (call === undefined) {
      return done({ type: 'refused', error: errorBody('unknown_method', 'no such call') });
    }
    if (!this.#permits(() => call.permits(asker(identity)))) return done(forbidden);
    const weight = this.#findOverweight(data);
    if (weight !== undefined) return done({ type: 'refused', error: errorBody('bad_request', weight) });
    const validation = validate(call.input, data);
    if (validation.type === 'invalid') {
      return done({ type: 'refused', error: schemaError(validation.issues) });
    }
    const input = validation.value;
    this.#ask({ verb: 'call', identity, call: name, data: input }, (error) =>
      done(error === undefined ? { type: 'allowed', call, input } : { type: 'refused', error }),
    );
  }

  #checkData(
    { verb, data, stateKey, removed }: AuthorizationRequest,
    { contract }: FoundChannel,
  ): Authorization {
    const { policy } = contract;
    if (verb === 'publish' && removed !== true) {
      const validation = contract.validatePayload(data);
      if (validation.type === 'invalid') return refused(schemaError(validation.issues));
      const key = contract.stateKeyOf(validation.value);
      if (key !== undefined && stateKey !== undefined && key !== stateKey) {
        return refused(errorBody('bad_request', 'k is not the key of this payload'));
      }
      const problem = this.#findProblem(data, validation.value);
      if (problem !== undefined) return refused(problem);
      const payload = validation.value as PlainData;
      return { type: 'allowed', policy, data: payload, ...(key !== undefined && { stateKey: key }) };
    }
    if (verb === 'enter' || verb === 'presence') {
      if (contract.presence === undefined) {
        return refused(errorBody('unsupported', 'the channel has no presence'));
      }
      if (verb === 'presence') return { type: 'allowed', policy };
      const validation = contract.validatePresence(data);
      if (validation.type === 'invalid') return refused(schemaError(validation.issues));
      const problem = this.#findProblem(data, validation.value);
      if (problem !== undefined) return refused(problem);
      return { type: 'allowed', policy, data: validation.value as PlainData };
    }
    return { type: 'allowed', policy };
  }

  /** What the client sent may be too deep; what the schema has made of it may be anything. */
  #findProblem(sent: unknown, validated: unknown): ErrorBody | undefined {
    const problem = this.#findOverweight(sent) ?? findUnplain(sent);
    if (problem !== undefined) return errorBody('bad_request', problem);
    const ours = findUnplain(validated);
    if (ours === undefined) return undefined;
    this.#options.report(new UsageError(`what a schema makes of a payload must be plain data: ${ours}`));
    return errorBody('internal', 'the payload cannot be passed on');
  }

  /** A map takes one byte on the wire and sixty of memory, for as long as it is kept. */
  #findOverweight(sent: unknown): string | undefined {
    const { maxContainers } = this.#options;
    if (!hasMoreContainers(sent, maxContainers)) return undefined;
    this.#options.onLimit('maxContainers');
    return `more than ${maxContainers} maps and lists`;
  }

  /** A rule that throws permits nothing. */
  #permits(rule: () => boolean): boolean {
    try {
      return rule();
    } catch (error) {
      this.#options.report(error);
      return false;
    }
  }

  #ask(request: AuthorizeRequest, done: (error: ErrorBody | undefined) => void): void {
    const { authorize, report } = this.#options;
    if (authorize === undefined) return done(undefined);
    const settle = (answer: unknown): void => done(answer === true ? undefined : forbidden.error);
    const fail = (error: unknown): void => {
      report(error);
      done(errorBody('internal', 'the check failed'));
    };
    let answer: boolean | PromiseLike<boolean>;
    try {
      answer = authorize(request);
    } catch (error) {
      return fail(error);
    }
    if (typeof answer === 'boolean') settle(answer);
    else Promise.resolve(answer).then(settle, fail).then(undefined, report);
  }
}

const forbidden = Object.freeze(refused(errorBody('forbidden', 'not allowed')));

function refused(error: ErrorBody): { readonly type: 'refused'; readonly error: ErrorBody } {
  return { type: 'refused', error };
}

function asker({ subject, claims = {} }: Identity): Asker {
  return { subject, claims };
}

export function schemaError(issues: readonly PayloadIssue[]): ErrorBody {
  const [first = { path: '$', message: 'does not fit' }] = issues;
  return errorBody('schema', `${first.path}: ${first.message}`, { path: first.path, issues });
}

/** @throws {UsageError} when no contract describes the channel. */
export function findChannel(contract: Contract, channel: string): FoundChannel {
  const found = contract.findChannel(channel);
  if (found === undefined) throw new UsageError(`no contract describes the channel ${channel}`);
  return found;
}
