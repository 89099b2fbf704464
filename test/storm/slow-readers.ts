// Readers that stop reading, and readers that take long, among many good ones: who is good must not notice.

import type { RealtimeClient } from '../../src/client/index.ts';
import { createRealtime } from '../../src/server/index.ts';
import { FaultRelay } from '../../src/testkit/index.ts';
import { Acknowledged } from './acknowledged.ts';
import { ReaderLog, type ReaderLogOptions } from './reader-log.ts';
import {
  atRate,
  connectReader,
  isOpen,
  keeping,
  longHistory,
  type Progress,
  type StormReport,
  stormContract,
  stormLimits,
  until,
} from './storm.ts';

export interface SlowReadersOptions {
  readonly good: number;
  /** Whose network takes nothing, for the whole time of writing. */
  readonly stalled: number;
  /** Whose handlers take 20 ms. */
  readonly slow: number;
  readonly messages: number;
}

const channel = 'long:slow';
/** Read by the stalled alone: 16 MB for each, more than the system's buffers between the server and them take. */
const bulk = 'long:bulk';
const bulkMessages = 400;
const bulkBytes = 40_000;
const maxQueuedBytes = 131_072;

export async function slowReaders(options: SlowReadersOptions, progress: Progress): Promise<StormReport> {
  const errors: unknown[] = [];
  const report = (error: unknown): number => errors.push(error);
  const realtime = createRealtime({
    contracts: stormContract,
    port: 0,
    logger: keeping(errors),
    limits: { ...stormLimits, maxQueuedBytes, maxReplay: longHistory },
  });
  await realtime.listening;
  const port = realtime.address()!.port;
  const relay = await FaultRelay.open({ port });
  const truth = new Acknowledged();
  const writer = connectReader(port, report);
  await truth.publish(writer, channel);
  await truth.publish(writer, bulk);

  const clients = [writer];
  const connectMany = (count: number, at: number): RealtimeClient<undefined>[] => {
    const many = Array.from({ length: count }, () => connectReader(at, report));
    clients.push(...many);
    return many;
  };
  const read = (client: RealtimeClient<undefined>, name: string, options: Partial<ReaderLogOptions> = {}) => {
    const { channel: from = channel } = options;
    return new ReaderLog(client, { name, channel, kept: longHistory, from: truth.head(from), ...options });
  };
  const good = connectMany(options.good, port).map((client) => read(client, 'good'));
  const slow = connectMany(options.slow, port).map((client) => read(client, 'slow', { handlingMs: 20 }));
  const behindRelay = connectMany(options.stalled, relay.port);
  const stalled = behindRelay.map((client) => read(client, 'stalled'));
  const stalledBulk = behindRelay.map((client) => read(client, 'stalled', { channel: bulk }));
  await Promise.all(clients.map(isOpen));
  progress(`${clients.length} connections are open`);
  for (const link of relay.links) link.stall('to client');

  let mostQueuedBytes = 0;
  const watching = setInterval(() => {
    mostQueuedBytes = Math.max(mostQueuedBytes, realtime.metrics().queuedBytes);
  }, 50);
  const stopWriting = atRate(50, async () => {
    if (truth.head(channel).offset < options.messages) await truth.publish(writer, channel);
  });
  for (let count = 0; count < bulkMessages; count++) await truth.publish(writer, bulk, bulkBytes);
  await until(() => truth.head(channel).offset >= options.messages, 120_000);
  await stopWriting();
  const wereGoodDone = await until(
    () => good.every((log) => log.hasReached(truth.head(log.channel))),
    60_000,
  );
  const toldToStalled = stalledBulk.reduce((sum, log) => sum + log.messages, 0);
  progress(`the good ones have ${wereGoodDone ? 'everything' : 'not come to the end'}; the stalled may read`);
  for (const link of relay.links) link.flow('to client');
  const all = [...good, ...slow, ...stalled, ...stalledBulk];
  await until(() => all.every((log) => log.hasReached(truth.head(log.channel))), 120_000);
  clearInterval(watching);

  for (const client of clients) client.close();
  await relay.close();
  await realtime.close({ spreadMs: 0, timeoutMs: 2_000 });
  const violations = [...truth.judge(all), ...errors.map((error) => `reported: ${String(error)}`)];
  if (!wereGoodDone) violations.push('the good readers were kept waiting until the stalled ones went on');
  // Each connection may queue so much, and what is kept free for replies; a good one is never that far behind.
  const bound = (options.stalled + 1) * (maxQueuedBytes + 65_536 + 2 * bulkBytes);
  if (mostQueuedBytes < maxQueuedBytes) violations.push('no queue was ever full: the storm was too weak');
  if (mostQueuedBytes > bound) violations.push(`${mostQueuedBytes} bytes were queued, above ${bound}`);
  return {
    violations,
    figures: {
      good: options.good,
      stalled: options.stalled,
      slow: options.slow,
      published: truth.count,
      deliveries: all.reduce((sum, { messages }) => sum + messages, 0),
      'bulk messages that the stalled got while they were stalled': toldToStalled,
      'most bytes queued': mostQueuedBytes,
      'gaps told': all.reduce((sum, { gaps }) => sum + gaps, 0),
    },
  };
}
