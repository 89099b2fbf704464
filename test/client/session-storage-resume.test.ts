import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type StorageShape, sessionStorageResume } from '../../src/client/index.ts';
import { VirtualNet } from './virtual-net.ts';

class MemoryStorage implements StorageShape {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const state = {
  sid: 's1',
  tok: 'secret',
  clock: 1_024,
  positions: [['chat', { epoch: 'e1', offset: 3 }]],
} as const;

describe('sessionStorageResume', () => {
  it('gives what was saved to one later life only', () => {
    const store = sessionStorageResume({ storage: new MemoryStorage() });
    assert.equal(store.take(), undefined);
    store.save(state);
    assert.deepEqual(store.take(), state);
    assert.equal(store.take(), undefined);
  });

  it('does not use what is no saved session', () => {
    const storage = new MemoryStorage();
    const store = sessionStorageResume({ storage, key: 'mine' });
    const wrong = [
      'no JSON',
      'null',
      '{}',
      JSON.stringify({ ...state, tok: 1 }),
      JSON.stringify({ ...state, clock: -1 }),
      JSON.stringify({ ...state, clock: 2 ** 52 }),
      JSON.stringify({ ...state, sid: '' }),
      JSON.stringify({ ...state, tok: 'x'.repeat(129) }),
      JSON.stringify({ ...state, positions: [['chat', { epoch: 'no/epoch', offset: 1 }]] }),
      JSON.stringify({ ...state, positions: [[1, { epoch: 'e', offset: 1 }]] }),
      JSON.stringify({ ...state, positions: 'chat' }),
    ];
    for (const text of wrong) {
      storage.setItem('mine', text);
      assert.equal(store.take(), undefined, text);
      assert.equal(storage.items.size, 0, 'and it is gone');
    }
  });

  it('does without a storage that is forbidden or full', () => {
    const forbidden = (): never => {
      throw new Error('SecurityError');
    };
    const store = sessionStorageResume({
      storage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden },
    });
    store.save(state);
    assert.equal(store.take(), undefined);
  });
});

describe('a client with a resume store', () => {
  it('goes on in a later life behind the last message that was handled', async () => {
    const net = new VirtualNet();
    const resume = sessionStorageResume({ storage: new MemoryStorage() });
    const first = await net.connected({ resume });
    const handled: unknown[] = [];
    first.channel('chat').subscribe(({ data }) => {
      handled.push(data);
      // The second one is never finished.
      return data === '2' ? new Promise(() => {}) : undefined;
    });
    await net.advance();
    for (const text of ['1', '2', '3']) await net.publish(text);
    net.signs[0]!.onHide();
    const sid = first.sid;
    net.endLives();
    await net.publish('4');

    const second = await net.connected({ resume });
    const heard: unknown[] = [];
    const gaps: unknown[] = [];
    second
      .channel('chat')
      .subscribe(({ data }) => void heard.push(data), { onGap: (gap) => void gaps.push(gap) });
    await net.advance();
    assert.deepEqual(handled, ['1', '2']);
    assert.deepEqual(heard, ['2', '3', '4']);
    assert.deepEqual(gaps, []);
    const hello = net.socket.sent[0];
    assert.equal(hello.resume.sid, sid, 'it continues the session');
  });

  it('stores nothing while the page is there, and takes it away when a page comes back as it was', async () => {
    const net = new VirtualNet();
    const storage = new MemoryStorage();
    const client = await net.connected({ resume: sessionStorageResume({ storage }) });
    assert.equal(storage.items.size, 0);
    net.signs[0]!.onHide();
    assert.equal(storage.items.size, 1);
    net.signs[0]!.onShow();
    assert.equal(storage.items.size, 0);
    assert.equal(client.state, 'open');
  });

  it('saves by `suspend`, without leaving', async () => {
    const net = new VirtualNet();
    const storage = new MemoryStorage();
    const client = await net.connected({ resume: sessionStorageResume({ storage }) });
    client.suspend();
    await net.advance();
    assert.equal(client.state, 'stopped');
    assert.equal(client.status.reason?.message, 'suspended');
    assert.equal(storage.items.size, 1);
    assert.equal(net.socket.sent.at(-1)?.t, 'hello', 'no bye');
  });
});
