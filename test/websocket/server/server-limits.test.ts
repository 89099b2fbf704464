import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ServerLimits, serverLimitDefaults, UsageError } from '../../../src/websocket/index.ts';
import { resolveServerLimits } from '../../../src/websocket/server/server-limits.ts';

const names = Object.keys(resolveServerLimits({})) as (keyof ServerLimits)[];

describe('the limits of a server', () => {
  it('have defaults, all of them numbers that end', () => {
    const limits = resolveServerLimits({});
    assert.equal(limits.maxMessageBytes, 16 * 1024 * 1024);
    for (const name of names) {
      assert.ok(Number.isSafeInteger(limits[name]) && limits[name] > 0, name);
      if (name in serverLimitDefaults) {
        assert.equal(limits[name], serverLimitDefaults[name as keyof typeof serverLimitDefaults], name);
      }
    }
  });

  it('are frozen, and the defaults too', () => {
    assert.ok(Object.isFrozen(resolveServerLimits({})));
    assert.ok(Object.isFrozen(serverLimitDefaults));
  });

  it('take undefined for not given', () => {
    const given = Object.fromEntries(names.map((name) => [name, undefined]));
    assert.deepEqual(resolveServerLimits(given as ServerLimits), resolveServerLimits({}));
  });

  for (const name of names) {
    it(`know no value of ${name} that switches it off`, () => {
      for (const value of [0, -1, Number.POSITIVE_INFINITY, Number.NaN, 1.5, '10', null, false]) {
        assert.throws(
          () => resolveServerLimits({ [name]: value } as ServerLimits),
          (error) => error instanceof UsageError && error.message.includes(name),
          String(value),
        );
      }
    });
  }

  it('refuse a name that is mistyped', () => {
    for (const name of ['maxMessageByte', 'maxmessagebytes', '__proto__', 'constructor']) {
      const limits = JSON.parse(`{ "${name}": 5 }`) as ServerLimits;
      assert.throws(() => resolveServerLimits(limits), {
        name: 'UsageError',
        message: new RegExp(`limits\\.${name} is no limit`),
      });
    }
  });
});
