import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MailboxTable } from '../../../src/broker/memory/mailbox-table.ts';
import { fc } from '../../fast-check.ts';

const consumer = fc.constantFrom('c1', 'c2', 'c3');
const step = fc.oneof(
  fc.record({ type: fc.constant('append' as const) }),
  fc.record({ type: fc.constant('lease' as const), consumer, limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('acknowledge' as const), consumer, offset: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ type: fc.constant('release' as const), consumer }),
  fc.record({ type: fc.constant('pass' as const), passed: fc.integer({ min: 1, max: 15 }) }),
);

interface Entry {
  attempt: number;
  holder?: string;
  until: number;
}

describe('mailbox table', () => {
  it('no entry is lost before it is acknowledged, held by two at once, or leased without counting it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new MailboxTable({ maxCount: 100, maxAgeMs: 1_000_000 });
        const waiting = new Map<number, Entry>();
        let [now, head] = [0, 0];
        for (const each of steps) {
          switch (each.type) {
            case 'append':
              table.append({ offset: ++head, data: head, publishedAt: 0 }, now);
              waiting.set(head, { attempt: 0, until: 0 });
              break;
            case 'pass':
              now += each.passed;
              break;
            case 'release':
              table.release(each.consumer);
              for (const entry of waiting.values()) if (entry.holder === each.consumer) entry.until = 0;
              break;
            case 'acknowledge': {
              const isTheirs = waiting.get(each.offset)?.holder === each.consumer;
              assert.deepEqual(
                table.acknowledge(each.consumer, [each.offset]),
                isTheirs ? [each.offset] : [],
              );
              if (isTheirs) waiting.delete(each.offset);
              break;
            }
            case 'lease': {
              const free = [...waiting].filter(([, { until }]) => until <= now).slice(0, each.limit);
              const { entries, nextInMs } = table.lease({ ...each, leaseMs: 10 }, now);
              assert.deepEqual(
                entries.map(({ publication, attempt }) => [publication.offset, attempt]),
                free.map(([offset, { attempt }]) => [offset, attempt + 1]),
              );
              for (const [, entry] of free) {
                entry.attempt++;
                entry.holder = each.consumer;
                entry.until = now + 10;
              }
              if (entries.length < each.limit) {
                const held = [...waiting.values()].map(({ until }) => until - now);
                assert.equal(nextInMs, held.length > 0 ? Math.min(...held) : undefined);
              }
              break;
            }
            default:
              each satisfies never;
          }
          assert.equal(table.size, waiting.size);
        }
      }),
      { numRuns: 500 },
    );
  });
});
