// A request of the client under test, as the suite answers it over either version of HTTP.

import type { Case } from './script/case.ts';
import type { Outcome } from './script/verdict.ts';
import { frame } from './wire/frame.ts';
import type { WireConnection } from './wire/wire-connection.ts';

export interface OpenedClient {
  readonly outcome: Outcome;
  /** Open, and to be played on; otherwise the outcome stands. */
  readonly connection: WireConnection | undefined;
}

export interface ClientRequest {
  /** Path and query. */
  readonly target: string;
  /** Answers the opening handshake as the case asks for. */
  open(each: Case, deadlineMs: number): Promise<OpenedClient>;
  /** Answers with one text: the body of an answer to GET, or the one message of a WebSocket. */
  answer(text: string, deadlineMs: number): Promise<void>;
  /** Answers 404. */
  refuse(): void;
}

/** Sends a WebSocket its one message. */
export async function sendOnly(connection: WireConnection, text: string, deadlineMs: number): Promise<void> {
  connection.send(frame.text(text), frame.close(1000));
  await connection.next(deadlineMs);
}
