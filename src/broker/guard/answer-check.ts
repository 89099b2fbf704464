// What the answers of a broker must be: it may be another process, or a file that others write to.

import {
  type DeliveryClass,
  deliveryTraits,
  findUnplain,
  isEpoch,
  isOffset,
  maxPresenceKeyLength,
  maxStateKeyLength,
} from '../../channel/index.ts';
import type { HistoryQuery } from '../broker.ts';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptional(value: unknown, isIt: (value: unknown) => boolean): boolean {
  return value === undefined || isIt(value);
}

function isTrue(value: unknown): boolean {
  return value === true;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

function isPlain(value: unknown): boolean {
  return value !== undefined && findUnplain(value) === undefined;
}

export function isPosition(value: unknown): boolean {
  return isFields(value) && typeof value.epoch === 'string' && isEpoch(value.epoch) && isOffset(value.offset);
}

export function isPublishAnswer(value: unknown): boolean {
  if (!isFields(value)) return false;
  if (value.type === 'accepted') return isPosition(value.position) && typeof value.duplicate === 'boolean';
  if (value.type !== 'refused') return false;
  if (value.reason === 'seq_gap') return isOffset(value.expected);
  return value.reason === 'producer_expired' || value.reason === 'full';
}

/** Whether it is a publication of a channel of this class. */
export function isPublication(value: unknown, ofClass: DeliveryClass): boolean {
  if (!isFields(value)) return false;
  const { isStored, isKeyed } = deliveryTraits[ofClass];
  const { offset, data, publishedAt, publisher, stateKey, removed } = value;
  return (
    isOffset(offset) &&
    offset > 0 === isStored &&
    isOffset(publishedAt) &&
    isPlain(data) &&
    isOptional(publisher, (text) => typeof text === 'string') &&
    (isKeyed ? isText(stateKey, maxStateKeyLength) : stateKey === undefined) &&
    isOptional(removed, isTrue)
  );
}

export function isHistoryPage(value: unknown, query: HistoryQuery, ofClass: DeliveryClass): boolean {
  if (!isFields(value) || !isKept(value.kept)) return false;
  if (value.type === 'gap') return value.reason === 'epoch' || value.reason === 'trimmed';
  const { type, publications, next, more } = value;
  return (
    type === 'page' &&
    typeof more === 'boolean' &&
    isPosition(next) &&
    isOptional((next as Fields).base, isOffset) &&
    Array.isArray(publications) &&
    publications.length <= query.limit &&
    (publications.length > 0 || !more || query.limit === 0) &&
    publications.every((publication) => isPublication(publication, ofClass)) &&
    isInOrder(publications, query.type)
  );
}

function isKept(value: unknown): boolean {
  return (
    isFields(value) &&
    typeof value.epoch === 'string' &&
    isEpoch(value.epoch) &&
    isOffset(value.horizon) &&
    isOffset(value.head)
  );
}

function isInOrder(publications: readonly Fields[], direction: HistoryQuery['type']): boolean {
  const sign = direction === 'forward' ? 1 : -1;
  return publications.every(
    ({ offset }, index) =>
      index === 0 || sign * ((offset as number) - (publications[index - 1]!.offset as number)) > 0,
  );
}

export function isMember(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value.key, maxPresenceKeyLength) &&
    isOffset(value.clock) &&
    isPlain(value.data) &&
    isOptional(value.away, isTrue)
  );
}

export function isPresenceChange(value: unknown): boolean {
  if (!isFields(value) || !isOffset(value.offset)) return false;
  if (value.type === 'put') return isMember(value.member);
  const { leave } = value;
  return (
    value.type === 'leave' &&
    isFields(leave) &&
    isText(leave.key, maxPresenceKeyLength) &&
    isOffset(leave.clock) &&
    typeof leave.isServerMade === 'boolean'
  );
}

export function isPresenceAnswer(value: unknown): boolean {
  return (
    isFields(value) &&
    typeof value.applied === 'boolean' &&
    isPosition(value.position) &&
    isOptional(value.leaseBegan, isTrue)
  );
}

/** Its keys must go on from `afterKey`, or reading page after page would never end. */
export function isPresencePage(value: unknown, afterKey: string | undefined): boolean {
  if (!isFields(value)) return false;
  const { members, position, count, more } = value;
  if (!Array.isArray(members) || !members.every(isMember)) return false;
  const keys = (members as readonly { readonly key: string }[]).map(({ key }) => key);
  return (
    isPosition(position) &&
    isOffset(count) &&
    typeof more === 'boolean' &&
    (keys.length > 0 || !more) &&
    keys.every((key, index) => key > (keys[index - 1] ?? afterKey ?? ''))
  );
}

export function isMailboxLease(value: unknown, limit: number): boolean {
  if (!isFields(value)) return false;
  const { epoch, entries, nextInMs } = value;
  return (
    typeof epoch === 'string' &&
    isEpoch(epoch) &&
    Array.isArray(entries) &&
    entries.length <= limit &&
    entries.every(
      (entry) => isFields(entry) && isOffset(entry.attempt) && isPublication(entry.publication, 'mailbox'),
    ) &&
    isOptional(nextInMs, (ms) => typeof ms === 'number' && ms >= 0)
  );
}

export function isOffsets(value: unknown): boolean {
  return Array.isArray(value) && value.every(isOffset);
}

export function isAnything(): boolean {
  return true;
}
