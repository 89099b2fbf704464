// What a client asks for when it opens a WebSocket: a codec, or the plain profile with its subscriptions.

import { parsePosition } from '../../channel/index.ts';
import {
  jsonCodec,
  messagePackCodec,
  type PacketCodec,
  type PlainSubscription,
} from '../../session/index.ts';
import { type Refusal, reject, type UpgradeRequest } from '../../websocket/index.ts';
import { isBearerProtocol } from '../auth/authentication-request.ts';

export interface AskedOpening {
  readonly codec: PacketCodec;
  /** The subprotocol to answer with; none in the plain profile. */
  readonly protocol: string | undefined;
  /** The plain profile: what it subscribes to. */
  readonly plain: readonly PlainSubscription[] | undefined;
}

export interface OpeningLimits {
  readonly allowsPlain: boolean;
  readonly maxSubscriptions: number;
  onLimit(limit: 'maxSubscriptions'): void;
}

const codecs: readonly PacketCodec[] = [messagePackCodec, jsonCodec];

/** What the usual library of microcontrollers offers of its own accord: it means nothing by it. */
const meaningless: ReadonlySet<string> = new Set(['arduino']);

export function readOpening(request: UpgradeRequest, limits: OpeningLimits): AskedOpening | Refusal {
  const offered = request.protocols.filter((name) => !isBearerProtocol(name) && !meaningless.has(name));
  for (const protocol of offered) {
    const codec = codecs.find(({ subprotocol }) => subprotocol === protocol);
    if (codec !== undefined) return { codec, protocol, plain: undefined };
  }
  if (offered.length > 0 || !limits.allowsPlain) return reject(400, spoken(limits.allowsPlain));
  const plain = readSubscriptions(request.query, limits);
  if (typeof plain === 'string') return reject(400, plain);
  return { codec: jsonCodec, protocol: undefined, plain };
}

function spoken(allowsPlain: boolean): string {
  const names = codecs.map(({ subprotocol }) => subprotocol).join(', ');
  return `Offer one of the subprotocols ${names}${allowsPlain ? ', or none for plain JSON' : ''}.`;
}

/** `subscribe=chat:42&subscribe=news&since=<epoch>/<offset>`, `since` belonging to the channel before it. */
function readSubscriptions(
  query: URLSearchParams,
  limits: OpeningLimits,
): readonly PlainSubscription[] | string {
  const subscriptions: PlainSubscription[] = [];
  for (const [name, value] of query) {
    if (name === 'subscribe') {
      subscriptions.push({ ch: value });
    } else if (name === 'since') {
      const position = parsePosition(value);
      const last = subscriptions.pop();
      if (position === undefined) return 'since is a position: epoch/offset.';
      if (last === undefined) return 'since belongs behind the subscribe that it is for.';
      subscriptions.push({ ch: last.ch, e: position.epoch, o: position.offset });
    }
  }
  const { maxSubscriptions } = limits;
  if (subscriptions.length <= maxSubscriptions) return subscriptions;
  limits.onLimit('maxSubscriptions');
  return `At most ${maxSubscriptions} subscriptions.`;
}
