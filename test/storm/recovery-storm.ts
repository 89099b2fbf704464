// Every subscriber of a busy log is cut off again and again: by a reset, by an end, or by silence.

import { setTimeout as sleep } from 'node:timers/promises';
import { createRealtime } from '../../src/server/index.ts';
import { FaultRelay } from '../../src/testkit/index.ts';
import { Acknowledged } from './acknowledged.ts';
import { ReaderLog } from './reader-log.ts';
import {
  atRate,
  connectReader,
  isOpen,
  keeping,
  longHistory,
  type Progress,
  type StormReport,
  smallHistory,
  stormContract,
  stormLimits,
  until,
} from './storm.ts';

export interface RecoveryStormOptions {
  readonly subscribers: number;
  /** How often each of them is cut off. */
  readonly cuts: number;
  readonly messagesPerSecond: number;
}

/** A quarter of the subscribers read a channel whose history is too small for the longest cuts. */
const channels = [
  { name: 'long:storm', kept: longHistory },
  { name: 'long:storm', kept: longHistory },
  { name: 'long:storm', kept: longHistory },
  { name: 'short:storm', kept: smallHistory },
];
const faults = ['reset', 'end', 'silence'] as const;

export async function recoveryStorm(options: RecoveryStormOptions, progress: Progress): Promise<StormReport> {
  const errors: unknown[] = [];
  const realtime = createRealtime({
    contracts: stormContract,
    port: 0,
    logger: keeping(errors),
    // Silence is noticed within two seconds, so that a storm does not take an hour.
    times: { pingMs: 1_000, idleMs: 2_000 },
    limits: { ...stormLimits, maxReplay: longHistory },
  });
  await realtime.listening;
  const port = realtime.address()!.port;
  const truth = new Acknowledged();
  const writer = connectReader(port, (error) => errors.push(error));
  await isOpen(writer);
  for (const { name } of channels) await truth.publish(writer, name);

  const logs: ReaderLog[] = [];
  let cutsMade = 0;
  const subscriberOf = async (index: number): Promise<void> => {
    const { name, kept } = channels[index % channels.length]!;
    const relay = await FaultRelay.open({ port });
    const client = connectReader(relay.port, (error) => errors.push(error));
    logs.push(new ReaderLog(client, { name: `s${index}`, channel: name, kept, from: truth.head(name) }));
    for (let cut = 0; cut < options.cuts; cut++) {
      await isOpen(client);
      await sleep(((index * 37 + cut * 101) % 400) + 50);
      // It may be between two connections: then this cut is of the next.
      while (relay.links.size === 0) await sleep(10);
      const fault = faults[(index + cut) % faults.length]!;
      for (const link of relay.links) link[fault]();
      cutsMade++;
    }
    leaving.push(async () => {
      client.close();
      await relay.close();
    });
  };
  const leaving: (() => Promise<void>)[] = [];
  const stopWriting = atRate(options.messagesPerSecond, () =>
    truth.publish(writer, truth.count % 2 === 0 ? 'long:storm' : 'short:storm'),
  );
  const watching = setInterval(
    () => progress(`${cutsMade} of ${options.subscribers * options.cuts} cuts, ${truth.count} published`),
    1_000,
  );
  await Promise.all(Array.from({ length: options.subscribers }, (_, index) => subscriberOf(index)));
  await stopWriting();
  const began = performance.now();
  await until(
    () => logs.every((log, index) => log.hasReached(truth.head(channels[index % channels.length]!.name))),
    60_000,
  );
  const recoveryMs = Math.round(performance.now() - began);
  clearInterval(watching);
  const { queuedBytes } = realtime.metrics();
  await Promise.all(leaving.map((leave) => leave()));
  writer.close();
  await realtime.close({ spreadMs: 0, timeoutMs: 2_000 });

  const violations = [...truth.judge(logs), ...errors.map((error) => `reported: ${String(error)}`)];
  return {
    violations,
    figures: {
      subscribers: options.subscribers,
      cuts: cutsMade,
      published: truth.count,
      deliveries: logs.reduce((sum, { messages }) => sum + messages, 0),
      'gaps told': logs.reduce((sum, { gaps }) => sum + gaps, 0),
      'all caught up after the last cut, ms': recoveryMs,
      'bytes queued at the end': queuedBytes,
    },
  };
}
