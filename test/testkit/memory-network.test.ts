import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryNetwork, SeededRandom, VirtualClock } from '../../src/testkit/index.ts';

function setUp() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: new SeededRandom(1).float });
  const link = network.connect();
  const events: string[] = [];
  const listen = (end: 'client' | 'server') =>
    link[end].start({
      onMessage: (message) => events.push(`${end} ${message}`),
      onDrain: () => events.push(`${end} drained`),
      onClose: (code) => events.push(`${end} closed ${code}`),
    });
  listen('client');
  listen('server');
  return { clock, network, link, events };
}

describe('memory network', () => {
  it('carries messages both ways, whole and in order', () => {
    const { clock, link, events } = setUp();
    for (let index = 0; index < 20; index++) link.client.send(String(index));
    link.server.send('back');
    clock.advance(100);
    const upwards = events.filter((event) => event.startsWith('server'));
    assert.deepEqual(
      upwards,
      Array.from({ length: 20 }, (_, index) => `server ${index}`),
    );
    assert.ok(events.includes('client back'));
  });

  it('a close arrives after what was sent, and ends both ends', () => {
    const { clock, link, network, events } = setUp();
    link.server.send('last');
    link.server.close(4_001, 'slow');
    link.server.send('never');
    clock.advance(100);
    assert.deepEqual(events.toSorted(), ['client closed 4001', 'client last', 'server closed 4001']);
    assert.ok(events.indexOf('client last') < events.indexOf('client closed 4001'));
    assert.equal(network.links.size, 0);
  });

  it('a cut loses what is on its way, and both ends notice', () => {
    const { clock, link, events } = setUp();
    link.client.send('lost');
    link.cut();
    clock.advance(100);
    assert.deepEqual(events.toSorted(), ['client closed 1006', 'server closed 1006']);
  });

  it('nobody notices that a link is dead, and an end that closes it is over all the same', () => {
    const { clock, link, events } = setUp();
    link.isDead = true;
    link.client.send('lost');
    clock.advance(60_000);
    assert.deepEqual(events, []);
    link.client.close(4_000, 'silent');
    clock.advance(10_000);
    assert.deepEqual(events, ['client closed 4000']);
  });

  it('a slow end buffers, tells how much, and tells when it has drained', () => {
    const { clock, link, events } = setUp();
    link.server.bytesPerSecond = 100;
    link.server.send('x'.repeat(50));
    link.server.send('y'.repeat(50));
    assert.equal(link.server.bufferedAmount, 100);
    clock.advance(600);
    assert.equal(link.server.bufferedAmount, 50);
    clock.advance(1_000);
    assert.equal(link.server.bufferedAmount, 0);
    assert.deepEqual(
      events.map((event) => event.slice(0, 8)),
      ['client x', 'server d', 'client y'],
    );
  });

  it('a frozen end gets everything when it thaws, in order', () => {
    const { clock, link, events } = setUp();
    link.client.isFrozen = true;
    link.server.send('one');
    link.server.send('two');
    clock.advance(100);
    assert.deepEqual(events, []);
    link.client.thaw();
    assert.deepEqual(events, ['client one', 'client two']);
  });

  it('loses, repeats and lets overtake as often as it is told to', () => {
    const { clock, network, link, events } = setUp();
    const count = () => events.filter((event) => event.startsWith('server')).length;
    network.conditions.drop = 1;
    link.client.send('a');
    clock.advance(100);
    assert.equal(count(), 0);
    Object.assign(network.conditions, { drop: 0, duplicate: 1 });
    link.client.send('b');
    clock.advance(100);
    assert.equal(count(), 2);
    Object.assign(network.conditions, { duplicate: 0, overtake: 0, latencyMs: [50, 50] });
    link.client.send('slow');
    Object.assign(network.conditions, { overtake: 1, latencyMs: [1, 1] });
    link.client.send('fast');
    clock.advance(100);
    assert.deepEqual(events.slice(-2), ['server fast', 'server slow']);
  });
});
