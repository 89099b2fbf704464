// What the broker and the thread of its store say to each other.

import type { ChannelPolicy, Draft, Position } from '../../channel/index.ts';
import type { HistoryPage, HistoryQuery, PublishAnswer } from '../broker.ts';
import type { BrokerErrorCode } from '../errors.ts';
import type { MailboxAcknowledgement, MailboxLease, MailboxRequest } from '../mailbox-broker.ts';
import type { Moment } from '../memory/channel-log.ts';
import type { DriverName } from './driver.ts';

/** What the thread is started with. */
export interface StoreSettings {
  readonly path: string;
  readonly driver: DriverName | undefined;
  readonly onDamage: 'refuse' | 'replace';
  readonly maxChannels: number;
  readonly maxRemembered: number;
  readonly maxFileBytes: number;
  readonly idleMs: number;
}

/** Each with its arguments and its result. Publications carry their data as `encodeData` made it. */
export interface StoreCalls {
  publish: {
    readonly call: InChannel & { readonly draft: Draft; readonly moment: Moment };
    readonly result: PublishAnswer;
  };
  /** Where the channel stands. */
  stand: { readonly call: InChannel; readonly result: Position };
  read: {
    readonly call: InChannel & { readonly query: HistoryQuery; readonly now: number };
    readonly result: HistoryPage;
  };
  lease: {
    readonly call: InChannel & { readonly request: MailboxRequest; readonly now: number };
    readonly result: MailboxLease;
  };
  acknowledge: {
    readonly call: { readonly channel: string; readonly acknowledgement: MailboxAcknowledgement };
    readonly result: readonly number[];
  };
  release: {
    readonly call: { readonly channel: string; readonly consumer: string };
    readonly result: undefined;
  };
  /** Trims and forgets in some channels, from the one after `after` on. Results in where to go on; 0: that was all. */
  sweep: { readonly call: { readonly after: number; readonly now: number }; readonly result: number };
}

interface InChannel {
  readonly channel: string;
  /** The number under which the policy was told. */
  readonly policy: number;
}

export type CallName = keyof StoreCalls;
export type StoreCall = { [Name in CallName]: { readonly type: Name } & StoreCalls[Name]['call'] }[CallName];
export type ResultOf<Name extends CallName> = StoreCalls[Name]['result'];

export type StoreAnswer =
  | { readonly type: 'done'; readonly result: StoreCalls[CallName]['result'] }
  | StoreFailure
  | { readonly type: 'usage'; readonly message: string };

/** Limits of the store, as they are counted. */
export type StoreLimit = 'maxChannels' | 'maxFileBytes' | 'maxWaiting';

export interface StoreFailure {
  readonly type: 'failed';
  readonly code: BrokerErrorCode;
  readonly message: string;
  readonly effect: 'none' | 'unknown';
  /** The limit that was reached. */
  readonly limit?: StoreLimit;
}

export type ToStore =
  /** Carried out in one transaction. */
  | {
      readonly type: 'batch';
      readonly policies: readonly (readonly [number, ChannelPolicy])[];
      readonly calls: readonly StoreCall[];
    }
  | { readonly type: 'close' };

export type FromStore =
  | { readonly type: 'open'; readonly opening: StoreOpening; readonly time: number }
  | StoreFailure
  | { readonly type: 'usage'; readonly message: string }
  | {
      readonly type: 'answers';
      readonly answers: readonly StoreAnswer[];
      readonly trouble?: 'damaged' | 'replaced';
    };

/**
 * `new`: there was no file. `continued`: every channel goes on where it was. `renewed`: the file had lost commits, or
 * was a copy: every channel has a new epoch, with what is left of its history. `replaced`: the file was damaged and put
 * aside.
 */
export type StoreOpening = 'new' | 'continued' | 'renewed' | 'replaced';
