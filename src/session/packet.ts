// Every packet of the protocol, field by field (PROTOCOL.md, sections 3 to 10).

import type { DeliveryClass, GapReason, PlainData } from '../channel/index.ts';
import type { ErrorBody } from './error-code.ts';

// Client to server.

/** Channel, epoch, offset, and the credit to begin with (absent: unlimited). */
export type ResumeEntry = readonly [ch: string, e: string, o: number, n?: number];

export interface HelloPacket {
  readonly t: 'hello';
  readonly id: number;
  readonly v: number;
  readonly auth?: string | undefined;
  readonly prod?: string;
  readonly cap?: readonly string[];
  readonly resume?: { readonly sid?: string; readonly tok?: string; readonly ch?: readonly ResumeEntry[] };
}

export interface AuthPacket {
  readonly t: 'auth';
  readonly id: number;
  readonly auth: string;
}

export interface SubPacket {
  readonly t: 'sub';
  readonly id: number;
  readonly ch: string;
  readonly e?: string | undefined;
  readonly o?: number | undefined;
  readonly n?: number | undefined;
}

export interface UnsubPacket {
  readonly t: 'unsub';
  readonly id: number;
  readonly ch: string;
}

export interface PubPacket {
  readonly t: 'pub';
  readonly id?: number;
  readonly ch: string;
  readonly d: PlainData;
  readonly q?: number;
  readonly prod?: string;
  readonly key?: string | undefined;
  readonly k?: string | undefined;
  readonly x?: 1 | undefined;
}

export interface AckPacket {
  readonly t: 'ack';
  readonly s: number;
  readonly o: readonly number[];
}

/** For a subscription (`s`), or for the parts of a call (`id`). */
export interface CreditPacket {
  readonly t: 'credit';
  readonly s?: number;
  readonly id?: number;
  readonly n: number;
}

export interface HistPacket {
  readonly t: 'hist';
  readonly id: number;
  readonly ch: string;
  readonly dir: 'fwd' | 'back';
  readonly n: number;
  readonly e?: string;
  readonly o?: number;
}

export interface PresPacket {
  readonly t: 'pres';
  readonly id: number;
  readonly ch: string;
  readonly do: 'enter' | 'leave' | 'watch' | 'unwatch';
  readonly c?: number;
  readonly d?: PlainData;
}

export interface RpcPacket {
  readonly t: 'rpc';
  readonly id: number;
  readonly m: string;
  readonly d?: PlainData;
  readonly ms?: number;
  /** Parts that may come before more is granted; absent: as many as there are. */
  readonly n?: number;
}

export interface CancelPacket {
  readonly t: 'cancel';
  readonly id: number;
}

export interface PingPacket {
  readonly t: 'ping';
}

export interface ByePacket {
  readonly t: 'bye';
}

export type ClientPacket =
  | HelloPacket
  | AuthPacket
  | SubPacket
  | UnsubPacket
  | PubPacket
  | AckPacket
  | CreditPacket
  | HistPacket
  | PresPacket
  | RpcPacket
  | CancelPacket
  | PingPacket
  | ByePacket;

// Server to client.

/** What a `sub` came to: the `ok` of its reply, and an entry of `welcome.res`. */
export interface SubVerdict {
  readonly s: number;
  readonly c: DeliveryClass;
  readonly e: string;
  readonly o: number;
  readonly r: 'ok' | 'gap';
  readonly why?: GapReason;
  readonly from?: number;
  readonly to?: number;
}

export type ResumeResult =
  | ({ readonly ch: string; readonly err?: undefined } & SubVerdict)
  | { readonly ch: string; readonly err: ErrorBody };

export interface WelcomePacket {
  readonly t: 'welcome';
  readonly id?: number;
  readonly sid: string;
  readonly tok?: string;
  readonly resumed: boolean;
  readonly ttlMs: number;
  readonly authMs?: number;
  readonly pingMs: number;
  readonly idleMs: number;
  readonly max: { readonly packet: number; readonly subs: number; readonly inflight: number };
  readonly res: readonly ResumeResult[];
}

export type ReplyPacket =
  | { readonly t: 'reply'; readonly id: number; readonly ok: PlainData; readonly err?: undefined }
  | { readonly t: 'reply'; readonly id: number; readonly err: ErrorBody; readonly ok?: undefined };

export interface MsgPacket {
  readonly t: 'msg';
  readonly s: number;
  readonly o: number;
  /** The first offset that this publication accounts for; absent: its own. */
  readonly f?: number;
  readonly d: PlainData;
  readonly ts?: number;
  readonly by?: string;
  readonly k?: string;
  readonly x?: 1;
  readonly a?: number;
  readonly drop?: number;
}

export interface PosPacket {
  readonly t: 'pos';
  readonly s: number;
  readonly f: number;
  readonly o: number;
}

export interface LivePacket {
  readonly t: 'live';
  readonly s: number;
  readonly o: number;
  readonly f?: number;
}

export interface GapPacket {
  readonly t: 'gap';
  readonly s: number;
  readonly why: GapReason;
  readonly to: number;
  readonly e: string;
  readonly o: number;
}

export interface EndPacket {
  readonly t: 'end';
  readonly s: number;
  readonly err: ErrorBody;
}

/** Key, clock, data, and 1 when away. */
export type MapEntry = readonly [key: string, clock: number, data: PlainData, away?: 1];

export interface MapPacket {
  readonly t: 'map';
  readonly s: number;
  /** Another epoch: the stream number from now on. */
  readonly to?: number;
  readonly o: number;
  readonly put?: readonly MapEntry[];
  readonly rm?: readonly string[];
  readonly snap?: 1;
  readonly more?: 1;
  readonly n: number;
}

/** The server has subscribed the client of its own accord. */
export interface SubscribedPacket extends SubVerdict {
  readonly t: 'sub';
  readonly ch: string;
}

export interface AuthNoticePacket {
  readonly t: 'auth';
  readonly inMs: number;
}

export interface GoawayPacket {
  readonly t: 'goaway';
  readonly inMs: number;
  readonly spreadMs: number;
}

export interface PongPacket {
  readonly t: 'pong';
  /** Stream number, the offset up to which was sent, and, when held back, where the channel stands. */
  readonly pos?: readonly (readonly [s: number, o: number, h?: number])[];
}

export interface RpcPartPacket {
  readonly t: 'rpc';
  readonly id: number;
  readonly d: PlainData;
}

export type ServerPacket =
  | WelcomePacket
  | ReplyPacket
  | MsgPacket
  | PosPacket
  | LivePacket
  | GapPacket
  | EndPacket
  | MapPacket
  | SubscribedPacket
  | AuthNoticePacket
  | GoawayPacket
  | PongPacket
  | RpcPartPacket;

export type Packet = ClientPacket | ServerPacket;
