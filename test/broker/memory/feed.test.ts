import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FeedSet } from '../../../src/broker/memory/feed.ts';

interface Item {
  readonly offset: number;
}

const position = { epoch: 'e', offset: 0 };

function open(feeds: FeedSet<Item>, errors: unknown[] = [], maxHeld = 10) {
  const heard: unknown[] = [];
  const feed = feeds.open({ position, maxHeld, onHandlerError: (error) => errors.push(error) });
  const start = (onItem: (item: Item) => void = () => {}) =>
    feed.start(
      (item) => {
        heard.push(item.offset);
        onItem(item);
      },
      (reason) => heard.push(reason),
    );
  return { feed, heard, start };
}

describe('feed', () => {
  it('items that a handler causes while held ones go out come after them', () => {
    const feeds = new FeedSet<Item>();
    const { heard, start } = open(feeds);
    for (const offset of [1, 2]) feeds.tell({ offset });
    start(({ offset }) => {
      if (offset === 1) feeds.tell({ offset: 3 });
    });
    feeds.tell({ offset: 4 });
    assert.deepEqual(heard, [1, 2, 3, 4]);
  });

  it('closed within its handler, it hears nothing more, not even what it held', () => {
    const feeds = new FeedSet<Item>();
    const { feed, heard, start } = open(feeds);
    for (const offset of [1, 2, 3]) feeds.tell({ offset });
    start(() => feed.close());
    feeds.tell({ offset: 4 });
    assert.deepEqual(heard, [1]);
    assert.equal(feeds.size, 0);
  });

  it('lost while it goes out, it tells so once, after what it held', () => {
    const feeds = new FeedSet<Item>();
    const { heard, start } = open(feeds);
    for (const offset of [1, 2]) feeds.tell({ offset });
    start(({ offset }) => {
      if (offset === 1) feeds.loseAll('epoch');
    });
    feeds.loseAll('closed');
    assert.deepEqual(heard, [1, 2, 'epoch']);
  });

  it('a handler that throws is reported each time, also when it hears that it was lost', () => {
    const feeds = new FeedSet<Item>();
    const errors: unknown[] = [];
    const feed = feeds.open({ position, maxHeld: 1, onHandlerError: (error) => errors.push(error) });
    const fail = () => {
      throw new Error('handler');
    };
    feed.start(fail, fail);
    feeds.tell({ offset: 1 });
    feeds.loseAll('closed');
    assert.equal(errors.length, 2);
  });

  it('when even the report throws, nobody else misses an item', () => {
    const feeds = new FeedSet<Item>();
    const fail = () => {
      throw new Error('handler, then report');
    };
    const failing = feeds.open({ position, maxHeld: 1, onHandlerError: fail });
    failing.start(fail, fail);
    const { heard, start } = open(feeds);
    start();
    for (const offset of [1, 2]) feeds.tell({ offset });
    feeds.loseAll('closed');
    assert.deepEqual(heard, [1, 2, 'closed']);
  });
});
