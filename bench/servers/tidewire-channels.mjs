// What is measured: our channel server, as `createRealtime` makes it, with a checked payload and history kept.
import { fork } from 'node:child_process';
import { z } from 'zod';
import { IpcBroker, processLink } from '../../dist/src/broker/index.js';
import { SqliteBroker } from '../../dist/src/broker/sqlite/index.js';
import { defineChannel, defineContract } from '../../dist/src/channel/index.js';
import { createRealtime } from '../../dist/src/server/index.js';
import { serveControl, task } from './control.mjs';

const { kept } = task;
const keeper = kept === 'elsewhere' && fork(new URL('./broker-keeper.mjs', import.meta.url));
const store = kept?.file && (await SqliteBroker.open({ path: kept.file }));
const broker = keeper ? await IpcBroker.connect(processLink(keeper)) : store;

const realtime = createRealtime({
  contracts: defineContract({
    title: 'Bench',
    version: '1.0.0',
    channels: {
      bench: defineChannel('bench:{id}', {
        class: 'log',
        durability: store ? 'disk' : 'memory',
        payload: z.object({ n: z.int(), text: z.string() }),
        allow: { subscribe: 'authenticated', publish: 'authenticated' },
      }),
    },
  }),
  host: '127.0.0.1',
  port: 0,
  webSocket: { backlog: 4096 },
  // The one client that publishes stands for many.
  limits: {
    maxInflight: 10_000,
    maxMessagesPerSecond: 1_000_000,
    maxPacketsPerSecond: 1_000_000,
    maxPublishesPerSecond: 1_000_000,
  },
  authenticate: ({ token }) => (token === 'token-of-a-user' ? { subject: 'user' } : undefined),
  ...(broker && { broker }),
});

await realtime.listening;
serveControl({
  port: realtime.address().port,
  version: 'this tree',
  ...(keeper && { helpers: [keeper.pid] }),
});
