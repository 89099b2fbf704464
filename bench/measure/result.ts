// What a bench leaves behind: the shape of the JSON files in bench/results, and of nothing else.
import type { Latency } from '../load/load.ts';
import type { PeerName } from '../peers.ts';
import type { Row } from '../rows.ts';
import type { Findings, Study } from '../studies/study.ts';
import type { Spread } from './statistics.ts';

/** How a figure was come by. */
export interface Method {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

/** Where and when. */
export interface Circumstances {
  readonly date: string;
  /** The commit of the tree that was measured, with `+` when it was changed since; empty without git. */
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
}

export interface PeerFigures {
  readonly version: string;
  /** The figure of the row in its unit, one for each round. */
  readonly costs: readonly number[];
  /** Messages, deliveries or handshakes a second, one for each round. */
  readonly perSecond?: readonly number[];
  /** CPU microseconds for each message on the other side, which is not measured: the load, or the neutral server. */
  readonly otherSide?: readonly number[];
  /** Bytes received for each message, framing included. */
  readonly wireBytes?: number;
  readonly latency?: Latency;
  /** Kibibytes for each connection that the JavaScript heap and its outside buffers hold. */
  readonly heap?: { readonly used: number; readonly external: number };
}

export type PeerResult = PeerFigures | { readonly unavailable: string };

export interface TargetResult {
  readonly against?: PeerName;
  readonly atMost: number;
  /** The ratio to the peer, or the figure itself for a target in the row's unit; absent if one was not available. */
  readonly figure?: Spread;
  readonly met?: boolean;
}

export interface RowResult
  extends Method,
    Circumstances,
    Pick<Row, 'id' | 'title' | 'groups' | 'unit' | 'per' | 'side'> {
  readonly command: string;
  readonly peers: Partial<Record<PeerName, PeerResult>>;
  readonly targets: readonly TargetResult[];
}

export interface CurveResult extends Method, Circumstances {
  readonly id: string;
  readonly title: string;
  readonly command: string;
  readonly axis: string;
  readonly unit: string;
  readonly points: readonly { readonly x: number; readonly peers: Partial<Record<PeerName, PeerResult>> }[];
}

export function isAvailable(result: PeerResult | undefined): result is PeerFigures {
  return result !== undefined && 'costs' in result;
}

export interface StudyResult extends Circumstances, Findings, Pick<Study, 'id' | 'title'> {
  readonly command: string;
}
