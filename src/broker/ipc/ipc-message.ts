// What two processes tell each other about the broker that one of them keeps.

import type { Durability, Position } from '../../channel/index.ts';
import type { Broker, LostReason } from '../broker.ts';
import type { BrokerErrorCode } from '../errors.ts';
import type { MailboxBroker } from '../mailbox-broker.ts';
import type { PresenceBroker } from '../presence-broker.ts';

/** The calls that have one answer, by name. */
export interface IpcCalls
  extends Pick<Broker, 'publish' | 'history'>,
    Pick<PresenceBroker, 'put' | 'leave' | 'renewLease' | 'endLease' | 'read'>,
    Pick<MailboxBroker, 'lease' | 'acknowledge' | 'release'> {
  describe(): Promise<IpcDescription>;
}

export interface IpcDescription {
  readonly durability: Durability;
  readonly hasPresence: boolean;
  readonly hasMailbox: boolean;
}

export type IpcRequest =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly name: keyof IpcCalls;
      readonly args: readonly unknown[];
    }
  /** To the publications of a channel, or the changes of its presence. The answer is a position. */
  | {
      readonly type: 'listen';
      readonly id: number;
      readonly to: 'publications' | 'presence';
      readonly args: readonly unknown[];
    }
  /** Begins to deliver what `listen` with this id asked for. */
  | { readonly type: 'start'; readonly id: number }
  | { readonly type: 'stop'; readonly id: number }
  /** Nothing is wanted any more, and no answer either. */
  | { readonly type: 'bye' };

export type IpcReply =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: IpcFailure }
  | { readonly type: 'item'; readonly id: number; readonly item: unknown }
  | { readonly type: 'lost'; readonly id: number; readonly reason: LostReason };

export interface IpcFailure {
  /** Undefined for an argument that can never work. */
  readonly code: BrokerErrorCode | undefined;
  readonly effect: 'none' | 'unknown';
  readonly message: string;
}

/** The answer to `listen`. */
export interface IpcPosition {
  readonly position: Position;
}
