// A publication on its way to the readers of a stream, with the packet that all of them get.

import type { Publication } from '../../channel/index.ts';
import type { MsgPacket } from '../packet.ts';
import { EncodedPacket } from './encoded-packet.ts';

export interface StreamItem {
  readonly publication: Publication;
  readonly packet: EncodedPacket<MsgPacket>;
}

/** `first`: the first offset that it accounts for; what lies between was conflated. */
export function streamItem(s: number, publication: Publication, first = publication.offset): StreamItem {
  return { publication, packet: new EncodedPacket(msgPacket(s, publication, first)) };
}

export function msgPacket(s: number, publication: Publication, first = publication.offset): MsgPacket {
  const { offset, data, publishedAt, publisher, stateKey, removed } = publication;
  return {
    t: 'msg',
    s,
    o: offset,
    ...(first !== offset && { f: first }),
    d: data,
    ts: publishedAt,
    ...(publisher !== undefined && { by: publisher }),
    ...(stateKey !== undefined && { k: stateKey }),
    ...(removed === true && { x: 1 as const }),
  };
}
