// What a hub asks of the house around it: a source of channels, an authority, and a store of sessions.
//
// All of it answers by callbacks, so that the hub is the same over promises, over a network and in a simulator.
// A `done` is called once. That of a source or a store is never called before the call has returned.

import type {
  ChannelPolicy,
  Draft,
  KeptRange,
  PlainData,
  Position,
  PresenceChange,
  PresenceLeave,
  PresenceMember,
  Publication,
} from '../../channel/index.ts';
import type { ErrorBody } from '../error-code.ts';

/** The broker, as the hub sees it. The answers have the shapes of the broker port, or say that the call failed. */
export interface ChannelSource {
  publish(
    channel: string,
    draft: Draft,
    options: { readonly policy: ChannelPolicy; done(outcome: PublishOutcome): void },
  ): void;
  /** Begins to listen. `onOpen` tells from where; nothing is delivered before `start`. */
  listen(channel: string, policy: ChannelPolicy, handler: ListenHandler): Listener;
  history(
    channel: string,
    query: SourceQuery,
    options: { readonly policy: ChannelPolicy; done(page: SourcePage | Failed): void },
  ): void;
  readonly presence?: PresenceSource;
  readonly mailbox?: MailboxSource;
}

/** The call failed for no fault of its caller. `unknown`: it may have had its effect. */
export interface Failed {
  readonly type: 'failed';
  readonly effect: 'none' | 'unknown';
}

export type PublishOutcome =
  | { readonly type: 'accepted'; readonly position: Position; readonly duplicate: boolean }
  | { readonly type: 'refused'; readonly reason: 'seq_gap'; readonly expected: number }
  | { readonly type: 'refused'; readonly reason: 'producer_expired' | 'full' }
  | Failed;

export interface Listener {
  start(): void;
  close(): void;
}

export interface ListenHandler {
  onOpen(position: Position): void;
  onPublication(publication: Publication): void;
  /** It could not be opened, or has ended. Nothing follows. */
  onLost(): void;
}

export interface SourceCursor extends Position {
  readonly base?: number;
}

export type SourceQuery =
  | { readonly type: 'forward'; readonly after?: SourceCursor; readonly limit: number }
  | { readonly type: 'backward'; readonly before?: Position; readonly limit: number };

export type SourcePage =
  | {
      readonly type: 'page';
      readonly publications: readonly Publication[];
      readonly kept: KeptRange;
      readonly next: SourceCursor;
      readonly more: boolean;
    }
  | { readonly type: 'gap'; readonly reason: 'epoch' | 'trimmed'; readonly kept: KeptRange };

export interface PresenceSource {
  put(channel: string, member: PresenceMember, done: (outcome: LeaseOutcome) => void): void;
  leave(channel: string, leave: PresenceLeave, done: (done: boolean) => void): void;
  renew(done: (outcome: LeaseOutcome) => void): void;
  watch(channel: string, handler: WatchHandler): Watch;
}

/**
 * What a call says of the lease by which this node's members stay. `began`: there was none, so whatever the node had
 * put before has left. `failed`: not known; the call may have had its effect. `full`: of a put, there was no room; nothing
 * has happened, and of the lease nothing is said.
 */
export type LeaseOutcome = 'held' | 'began' | 'failed' | 'full';

export interface Watch {
  close(): void;
}

export interface WatchHandler {
  /** All members, at this position. Changes follow, each with the next offset. */
  onSnapshot(members: readonly PresenceMember[], position: Position): void;
  onChange(change: PresenceChange): void;
  /** It could not be opened, or has ended. Nothing follows. */
  onLost(): void;
}

export interface MailboxSource {
  lease(
    channel: string,
    request: { readonly consumer: string; readonly limit: number; readonly leaseMs: number },
    options: { readonly policy: ChannelPolicy; done(lease: MailboxLeaseAnswer | Failed): void },
  ): void;
  acknowledge(
    channel: string,
    acknowledgement: {
      readonly consumer: string;
      readonly epoch: string;
      readonly offsets: readonly number[];
    },
  ): void;
  release(channel: string, consumer: string): void;
}

export interface MailboxLeaseAnswer {
  readonly type?: undefined;
  readonly epoch: string;
  readonly entries: readonly { readonly publication: Publication; readonly attempt: number }[];
  readonly nextInMs?: number;
}

/** The application: who somebody is, and what they may do. A `done` here may be called at once. */
export interface Authority {
  authenticate(credentials: Credentials, done: (answer: Authentication) => void): void;
  authorize(request: AuthorizationRequest, done: (answer: Authorization) => void): void;
  /** Answers a call. Absent: every method is unknown. */
  call?(request: CallRequest, handler: CallHandler): Call;
}

export interface Credentials {
  /** From `hello` or `auth`; absent when the credential came with the transport. */
  readonly token: string | undefined;
  /** Whatever the shell knows of the connection: headers, address. The hub does not look at it. */
  readonly origin: unknown;
}

export type Authentication =
  | {
      readonly type: 'accepted';
      /** Who it is, at most 64 characters, without `/`. */
      readonly subject: string;
      /** How long the credential is good, in milliseconds. Absent: until the connection ends. */
      readonly expiresInMs?: number;
      /** Whatever the authority wants to see again with each request. The hub does not look at it. */
      readonly identity?: unknown;
    }
  | { readonly type: 'rejected'; readonly closeCode?: number; readonly reason: string };

/** `presence` is to see who is there, `enter` to be seen. To resume is to subscribe. */
export type Verb = 'subscribe' | 'publish' | 'history' | 'presence' | 'enter';

export interface AuthorizationRequest {
  readonly subject: string;
  /** What `authenticate` gave. */
  readonly identity: unknown;
  readonly verb: Verb;
  readonly channel: string;
  /** `publish` and `enter`: what others are to see. */
  readonly data?: PlainData;
  /** `publish`: the state key that the client named. */
  readonly stateKey?: string;
  /** `publish`: that key is to be removed; `data` is `null`. */
  readonly removed?: true;
}

export type Authorization =
  | {
      readonly type: 'allowed';
      readonly policy: ChannelPolicy;
      /** `publish` and `enter`: what others see, when the contract made something else of it. */
      readonly data?: PlainData;
      /** `publish`: the state key, when the contract knows it better than the client. */
      readonly stateKey?: string;
      /** `subscribe`, `history`: leaves publications out. Must answer the same each time. */
      readonly isVisible?: (publication: Publication) => boolean;
    }
  | { readonly type: 'refused'; readonly error: ErrorBody };

export interface CallRequest {
  readonly subject: string;
  /** What `authenticate` gave. */
  readonly identity: unknown;
  readonly method: string;
  readonly data: PlainData;
  readonly deadlineMs: number | undefined;
}

export interface CallHandler {
  /** Returns whether there is room for another one; if not, `Call.resume` is called when there is. */
  onPart(data: PlainData): boolean;
  onDone(answer: { readonly data: PlainData } | { readonly error: ErrorBody }): void;
}

export interface Call {
  /** Nobody waits for the answer any more. */
  cancel(): void;
  /** There is room for parts again. */
  resume?(): void;
  /** What the caller may do has changed: what goes on for long is asked about again, and ends when it is refused. */
  authorizeAgain?(identity: unknown): void;
  /** How long the answer, the first part, and each next part may take; the client may have asked for less. */
  readonly deadlineMs?: number;
}

/** Sessions outlive connections, and are shared by all nodes. */
export interface SessionStore {
  /** Continues the claimed session, fencing whoever holds it, or begins a new one: one atomic step. */
  open(
    request: { readonly subject: string; readonly claim?: { readonly sid: string; readonly tok: string } },
    handler: { done(session: OpenedSession | Failed): void; onFenced(): void },
  ): void;
  /** The connection broke: the session can be continued for its time to live. */
  release(sid: string): void;
  /** The client left for good. */
  end(sid: string): void;
}

export interface OpenedSession {
  readonly type?: undefined;
  readonly sid: string;
  readonly tok: string;
  /** The same for all sessions that continue one another: half of the presence key. */
  readonly chain: string;
  readonly resumed: boolean;
}
