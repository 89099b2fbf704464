// The process that gets killed: publishes as fast as it can, and tells its parent of every acknowledgement.

import { writeSync } from 'node:fs';
import { BrokerError } from '../../../src/broker/index.ts';
import { SqliteBroker } from '../../../src/broker/sqlite/index.ts';
import { jobs, logs, type Report, states } from './crash-ledger.ts';

const [path = '', life = ''] = process.argv.slice(2);

/** Synchronously: what the parent can read has happened, whatever comes next. */
function report(line: Report): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSome(rest));
}

function writeSome(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    // The pipe is full until the parent has read some.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

async function writeLog(
  broker: SqliteBroker,
  producer: string,
  channel: (typeof logs)[number],
): Promise<void> {
  for (let sequence = 1; ; sequence++) {
    const data = `${producer}/${sequence}`;
    const draft = { data, producer: { id: producer, sequence } };
    const answer = await broker.publish(channel.name, draft, channel.policy);
    if (answer.type !== 'accepted' || answer.duplicate) throw new Error(`${data}: ${JSON.stringify(answer)}`);
    report({ type: 'appended', channel: channel.name, producer, sequence, data, ...answer.position });
  }
}

async function writeState(broker: SqliteBroker, key: string): Promise<void> {
  for (let count = 1; ; count++) {
    const data = `${life}/${count}`;
    const isRemoval = count % 5 === 0;
    const draft = isRemoval ? { data: null, stateKey: key, removed: true as const } : { data, stateKey: key };
    const answer = await broker.publish(states.name, draft, states.policy);
    if (answer.type !== 'accepted') throw new Error(`${key}: ${JSON.stringify(answer)}`);
    report({ type: 'set', key, data: draft.data, ...answer.position });
  }
}

async function work(broker: SqliteBroker): Promise<void> {
  for (let count = 1; ; count++) {
    const published = await broker.publish(jobs.name, { data: `${life}/${count}` }, jobs.policy);
    if (published.type !== 'accepted') throw new Error(`job: ${JSON.stringify(published)}`);
    report({ type: 'offered', ...published.position });
    const { epoch, entries } = await broker.mailbox.lease(
      jobs.name,
      { consumer: life, limit: 2, leaseMs: 60_000 },
      jobs.policy,
    );
    // Every fourth job is left as it is, to wait for its lease to run out.
    const offsets = entries.map(({ publication }) => publication.offset).filter((offset) => offset % 4 !== 0);
    const taken = await broker.mailbox.acknowledge(jobs.name, { consumer: life, epoch, offsets });
    report({ type: 'taken', epoch, offsets: taken });
  }
}

const broker = await SqliteBroker.open({ path });
report({ type: 'opened', opening: broker.opening });
const writers: Promise<void>[] = [work(broker)];
for (const channel of logs) {
  for (let writer = 1; writer <= 8; writer++) writers.push(writeLog(broker, `${life}-${writer}`, channel));
}
for (const key of ['a', 'b', 'c']) writers.push(writeState(broker, key));

const results = await Promise.allSettled(writers);
// It ends by itself only where there is no room. Then everything that is there can still be read.
for (const result of results) {
  const error: unknown = result.status === 'rejected' ? result.reason : undefined;
  if (!(error instanceof BrokerError)) throw error;
  report({ type: 'refused', code: error.code, effect: error.effect });
}
for (const { name, policy } of logs) {
  const page = await broker.history(name, { type: 'backward', limit: 10 }, policy);
  report({ type: 'read', count: page.type === 'page' ? page.publications.length : 0 });
}
