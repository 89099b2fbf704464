// What a reader gets of a channel, checked against its contract.

import type { AnyChannelContract, PayloadIssue, PlainData, Position } from '../channel/index.ts';
import type { ReceivedPublication } from '../session/index.ts';

export interface Message<Payload = PlainData> {
  readonly channel: string;
  /** What was published. Of a key that was removed (`onRemoved`) there is none: `null`. */
  readonly data: Payload;
  /** In `signal` channels the same for all: nothing is stored. */
  readonly position: Position;
  /** Wall time at the server, milliseconds since 1970. For people: nothing is ordered by it. */
  readonly publishedAt?: number;
  /** The subject that published it, as the server has authenticated it. */
  readonly publisher?: string;
  /** `state`: the key whose value this is. */
  readonly stateKey?: string;
  /** `mailbox`: 1 for the first time. */
  readonly attempt?: number;
  /** `signal`: how many were dropped just before this one. */
  readonly dropped?: number;
}

/** What has arrived is not what the contract says: the two ends do not have the same contract. It is not delivered. */
export class InvalidPayloadError extends Error {
  override readonly name: string = 'InvalidPayloadError';
  readonly code = 'INVALID_PAYLOAD';
  readonly channel: string;
  /** Where it stands; absent for what a member shows of itself. */
  readonly position: Position | undefined;
  readonly issues: readonly PayloadIssue[];

  constructor(channel: string, issues: readonly PayloadIssue[], position?: Position) {
    super(`a payload of ${channel} does not fit the contract: ${issues[0]?.path} ${issues[0]?.message}`);
    this.channel = channel;
    this.issues = issues;
    this.position = position;
  }
}

/** Makes a message of a publication, or gives `undefined`. */
export type MessageReader = (channel: string, publication: ReceivedPublication) => Message | undefined;

/** Reports what does not fit. `contract`: by which payloads are validated; absent: they are not. */
export function messageReader(
  contract: AnyChannelContract | undefined,
  report: (error: unknown) => void,
): MessageReader {
  return (channel, { removed, ...publication }) => {
    const message = { channel, ...publication };
    if (removed === true || contract === undefined) return message;
    try {
      const validation = contract.validatePayload(message.data);
      if (validation.type === 'valid') return { ...message, data: validation.value };
      report(new InvalidPayloadError(channel, validation.issues, message.position));
    } catch (error) {
      report(error);
    }
    return undefined;
  };
}
