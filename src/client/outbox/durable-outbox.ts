// Publications that survive a reload: kept in a store until they are answered, sent on under the same sequence.

import {
  findUnplain,
  isOffset,
  maxDedupeKeyLength,
  maxProducerIdLength,
  maxStateKeyLength,
  type PlainData,
  type Position,
} from '../../channel/index.ts';
import {
  DurableOutbox,
  type OutboxEntry,
  type OutboxJournal,
  type OutboxLimits,
  type OutboxMachine,
  type PublishResult,
  RequestError,
} from '../../session/index.ts';
import type { OutboxHost, OutboxPart } from './outbox-part.ts';
import type { OutboxStore } from './outbox-store.ts';

/** What an earlier life has published, and what becomes of it in this one. */
export interface RestoredPublication {
  readonly channel: string;
  readonly data: PlainData;
  /** The dedupe key, where it was given one: by it the application knows its own. */
  readonly key: string | undefined;
  /** As the promise of `publish`. `producer_expired`: the server has forgotten, and whether it was published is not known. */
  readonly position: Promise<Position>;
}

export interface DurableOutboxOptions {
  readonly store: OutboxStore;
  /** Called with all that earlier lives have left, in order: to be shown as being sent. Again when another page of the same
   * store goes and leaves something.
   * @default nothing is told, and failures go to `onError` */
  onRestored?(publications: readonly RestoredPublication[]): void;
}

/**
 * The option `outbox` of a client. A store that fails is reported, and publishing goes on without it.
 */
export function durableOutbox({ store, onRestored }: DurableOutboxOptions): OutboxPart {
  return (host) => {
    let outbox: DurableOutbox;
    const journal = journalOf(store, host);
    class StoredOutbox extends DurableOutbox {
      constructor(machine: OutboxMachine, room: OutboxLimits) {
        super(machine, room, journal);
        outbox = this;
      }
    }
    return {
      Outbox: StoredOutbox,
      async restored() {
        try {
          const onLeft = (entries: readonly OutboxEntry[]): void => {
            const ours = entries.filter(isEntry);
            for (let strange = entries.length - ours.length; strange > 0; strange--)
              host.report(strangeEntry());
            const inOrder = ours.sort((a, b) => a.order - b.order);
            restore(outbox, inOrder, { host, onRestored });
          };
          onLeft(await store.load(onLeft));
        } catch (error) {
          host.report(error);
        }
      },
    };
  };
}

function journalOf(store: OutboxStore, host: OutboxHost): OutboxJournal {
  return {
    put: (entry, onStored) => {
      const go = (): void => host.tell(onStored);
      store.put(entry).then(go, (error: unknown) => {
        host.report(error);
        go();
      });
    },
    remove: (id) => {
      store.remove(id).catch(host.report);
    },
    wallTime: () => Date.now(),
  };
}

function restore(
  outbox: DurableOutbox,
  entries: readonly OutboxEntry[],
  {
    host,
    onRestored,
  }: { readonly host: OutboxHost; readonly onRestored: DurableOutboxOptions['onRestored'] },
): void {
  const settle = new Map<string, (result: PublishResult) => void>();
  const publications = entries.map(({ id, channel, fields }): RestoredPublication => {
    const position = new Promise<Position>((resolve, reject) => {
      settle.set(id, (result) => {
        if (result.error === undefined) resolve(result.position);
        else reject(new RequestError(result.error));
      });
    });
    // Where nobody asks for it, a failure is still told.
    if (onRestored === undefined) position.catch(host.report);
    else position.catch(() => undefined);
    return { channel, data: fields.data, key: fields.key, position };
  });
  host.tell(() => outbox.restore(entries, (entry, result) => settle.get(entry.id)?.(result)));
  if (publications.length > 0) onRestored?.(publications);
}

/** A store belongs to whoever writes to it: of another version, or another program. What is none of ours stays there. */
function isEntry(value: unknown): value is OutboxEntry {
  if (!isRecord(value) || !isRecord(value.fields)) return false;
  const { id, order, channel, producer, sequence, isSent, fields } = value;
  const { data, key, stateKey, removed } = fields;
  return (
    typeof id === 'string' &&
    Number.isFinite(order) &&
    typeof channel === 'string' &&
    isText(producer, maxProducerIdLength) &&
    isOffset(sequence) &&
    sequence > 0 &&
    typeof isSent === 'boolean' &&
    data !== undefined &&
    findUnplain(data) === undefined &&
    (key === undefined || isText(key, maxDedupeKeyLength)) &&
    (stateKey === undefined || isText(stateKey, maxStateKeyLength)) &&
    (removed === undefined || removed === true)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

function strangeEntry(): Error {
  return new TypeError(
    'what stands in the store of the outbox is no publication of this version: it is not sent',
  );
}
