import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Item, Timeline } from '../../../../examples/chat/page/timeline.ts';
import { fc } from '../../../fast-check.ts';

const epoch = 'e1';
const at = (offset: number, inEpoch = epoch) => ({ epoch: inEpoch, offset });
const said = (id: string) => ({ type: 'said', id, name: 'Ada', text: id }) as const;

/** A timeline whose view keeps what it was told, as a list on the page does. */
function watched(): { timeline: Timeline; shown: Item[]; ids(): string[] } {
  const timeline = new Timeline();
  const shown: Item[] = [];
  timeline.view = {
    place(item, next) {
      const before = shown.indexOf(item);
      if (before >= 0) shown.splice(before, 1);
      shown.splice(next === undefined ? shown.length : shown.indexOf(next), 0, item);
    },
    update(entry) {
      assert.ok(shown.includes(entry));
    },
  };
  const ids = () => timeline.items.map((item) => (item.type === 'gap' ? '—' : item.text));
  return { timeline, shown, ids };
}

function say(timeline: Timeline, id: string, position = at(1), subject = 'ada'): boolean {
  return timeline.say(said(id), { position, at: 0, subject });
}

describe('timeline of a channel', () => {
  it('has messages in the order of their offsets, once, in whatever order they are read', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }), (offsets) => {
        const { timeline, shown } = watched();
        const seen = new Set<number>();
        for (const offset of offsets) {
          assert.equal(say(timeline, `m${offset}`, at(offset)), !seen.has(offset));
          seen.add(offset);
        }
        const expected = [...seen].sort((a, b) => a - b).map((offset) => `m${offset}`);
        assert.deepEqual(
          timeline.items.map((item) => (item.type === 'entry' ? item.id : '')),
          expected,
        );
        assert.deepEqual(shown, timeline.items);
      }),
    );
  });

  it('keeps what is unsent at the end, and gives it its place when it is said', () => {
    const { timeline, shown, ids } = watched();
    say(timeline, 'a', at(1));
    timeline.write(said('mine'), 0);
    timeline.write(said('mine too'), 0);
    say(timeline, 'b', at(2));
    assert.deepEqual(ids(), ['a', 'b', 'mine', 'mine too']);
    assert.equal(say(timeline, 'mine', at(3)), false);
    say(timeline, 'c', at(4));
    assert.deepEqual(ids(), ['a', 'b', 'mine', 'c', 'mine too']);
    assert.deepEqual(shown, timeline.items);
    assert.deepEqual([timeline.get('mine')?.state, timeline.get('mine too')?.state], ['sent', 'sending']);
  });

  it('takes an edit only from who said the message, and the last one, also when it comes first', () => {
    const { timeline, ids } = watched();
    timeline.edit('late', { text: 'late, edited', subject: 'ada', position: at(9) });
    timeline.edit('late', { text: 'late, older edit', subject: 'ada', position: at(8) });
    say(timeline, 'late', at(2));
    say(timeline, 'other', at(3), 'grace');
    timeline.edit('other', { text: 'forged', subject: 'ada', position: at(10) });
    assert.deepEqual(ids(), ['late, edited', 'other']);
  });

  it('lets nobody take the place of another’s message by its id', () => {
    const { timeline, ids } = watched();
    say(timeline, 'a', at(1), 'ada');
    assert.equal(
      timeline.say({ ...said('a'), text: 'forged' }, { position: at(2), at: 0, subject: 'mallory' }),
      false,
    );
    assert.deepEqual(ids(), ['a']);
  });

  it('shows one gap where something is missing, before what is unsent, and none where nothing was', () => {
    const { timeline, ids } = watched();
    timeline.addGap();
    assert.deepEqual(ids(), []);
    say(timeline, 'a', at(1));
    timeline.write(said('mine'), 0);
    timeline.addGap();
    timeline.addGap();
    say(timeline, 'b', at(1, 'e2'));
    assert.deepEqual(ids(), ['a', '—', 'b', 'mine']);
  });

  it('keeps what it has when the channel begins a new epoch with the same messages', () => {
    const { timeline, ids } = watched();
    say(timeline, 'a', at(1));
    say(timeline, 'b', at(2));
    say(timeline, 'a', at(1, 'e2'));
    say(timeline, 'b', at(2, 'e2'));
    say(timeline, 'c', at(3, 'e2'));
    assert.deepEqual(ids(), ['a', 'b', 'c']);
    assert.deepEqual(timeline.oldest, at(1, 'e2'));
  });
});
