// A packet with any field replaced by anything is a packet, or a packet error: nothing else comes of it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { asClientPacket, asServerPacket, PacketError } from '../../src/session/index.ts';
import { fc } from '../fast-check.ts';

interface Vector {
  readonly from: 'client' | 'server';
  readonly packet: Readonly<Record<string, unknown>>;
}

const file = new URL('../../../test/vectors/packets.json', import.meta.url);
const { packets } = JSON.parse(readFileSync(file, 'utf8')) as { readonly packets: readonly Vector[] };

function check({ from, packet }: Vector): boolean {
  try {
    (from === 'client' ? asClientPacket : asServerPacket)(packet);
    return true;
  } catch (error) {
    assert.ok(error instanceof PacketError, String(error));
    return false;
  }
}

describe('packet shape', () => {
  it('any known packet with any field replaced by anything is a packet or a packet error', () => {
    const vector = fc.constantFrom(...packets);
    fc.assert(
      fc.property(vector, fc.nat(), fc.anything(), ({ from, packet }, which, value) => {
        const names = Object.keys(packet);
        const changed = { ...packet, [names[which % names.length]!]: value };
        check({ from, packet: changed });
      }),
      { numRuns: 3_000 },
    );
  });

  it('unknown fields are ignored, whatever they hold', () => {
    fc.assert(
      fc.property(fc.constantFrom(...packets), fc.anything(), ({ from, packet }, value) => {
        assert.equal(check({ from, packet: { ...packet, unheardOf: value } }), true);
      }),
    );
  });

  it('anything at all is a packet or a packet error', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('client', 'server'), (packet, from) => {
        check({ from, packet: packet as Vector['packet'] });
      }),
    );
  });
});
