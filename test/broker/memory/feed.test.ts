import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LostReason } from '../../../src/broker/broker.ts';
import { type FeedOptions, FeedSet } from '../../../src/broker/memory/feed.ts';

interface Item {
  readonly offset: number;
}

interface Handler {
  onItem(item: Item): void;
  onLost(reason: LostReason): void;
}

const position = { epoch: 'e', offset: 0 };

function feedSet(options: Partial<FeedOptions<Item, Handler>> = {}): FeedSet<Item, Handler> {
  return new FeedSet({
    deliver: (handler, item) => handler.onItem(item),
    maxHeld: 10,
    onHandlerError: (error) => assert.fail(String(error)),
    ...options,
  });
}

function open(feeds: FeedSet<Item, Handler>) {
  const heard: unknown[] = [];
  const feed = feeds.open(position);
  const start = (onItem: (item: Item) => void = () => {}) =>
    feed.start({
      onItem: (item) => {
        heard.push(item.offset);
        onItem(item);
      },
      onLost: (reason) => heard.push(reason),
    });
  return { feed, heard, start };
}

describe('feed', () => {
  it('items that a handler causes while held ones go out come after them', () => {
    const feeds = feedSet();
    const { heard, start } = open(feeds);
    for (const offset of [1, 2]) feeds.tell({ offset });
    start(({ offset }) => {
      if (offset === 1) feeds.tell({ offset: 3 });
    });
    feeds.tell({ offset: 4 });
    assert.deepEqual(heard, [1, 2, 3, 4]);
  });

  it('closed within its handler, it hears nothing more, not even what it held', () => {
    const feeds = feedSet();
    const { feed, heard, start } = open(feeds);
    for (const offset of [1, 2, 3]) feeds.tell({ offset });
    start(() => feed.close());
    feeds.tell({ offset: 4 });
    assert.deepEqual(heard, [1]);
    assert.equal(feeds.size, 0);
  });

  it('lost while it goes out, it tells so once, after what it held', () => {
    const feeds = feedSet();
    const { heard, start } = open(feeds);
    for (const offset of [1, 2]) feeds.tell({ offset });
    start(({ offset }) => {
      if (offset === 1) feeds.loseAll('epoch');
    });
    feeds.loseAll('closed');
    assert.deepEqual(heard, [1, 2, 'epoch']);
  });

  it('a handler that throws is reported each time, also when it hears that it was lost', () => {
    const errors: unknown[] = [];
    const feeds = feedSet({ onHandlerError: (error) => errors.push(error) });
    const fail = () => {
      throw new Error('handler');
    };
    feeds.open(position).start({ onItem: fail, onLost: fail });
    feeds.tell({ offset: 1 });
    feeds.loseAll('closed');
    assert.equal(errors.length, 2);
  });

  it('when even the report throws, nobody else misses an item', () => {
    const fail = () => {
      throw new Error('handler, then report');
    };
    const feeds = feedSet({ onHandlerError: fail });
    feeds.open(position).start({ onItem: fail, onLost: fail });
    const { heard, start } = open(feeds);
    start();
    for (const offset of [1, 2]) feeds.tell({ offset });
    feeds.loseAll('closed');
    assert.deepEqual(heard, [1, 2, 'closed']);
  });

  it('it is told when the last one ends, closed or lost', () => {
    const sizes: number[] = [];
    const feeds = feedSet({ onEmpty: () => sizes.push(feeds.size) });
    const [first, second] = [open(feeds), open(feeds)];
    second.start();
    first.feed.close();
    assert.deepEqual(sizes, []);
    feeds.loseAll('epoch');
    assert.deepEqual(sizes, [0]);
  });
});
