// What is measured: our channel server, as `createRealtime` makes it, with a checked payload and history kept.
import { z } from 'zod';
import { defineChannel, defineContract } from '../../dist/src/channel/index.js';
import { createRealtime } from '../../dist/src/server/index.js';
import { serveControl } from './control.mjs';

const realtime = createRealtime({
  contracts: defineContract({
    title: 'Bench',
    version: '1.0.0',
    channels: {
      bench: defineChannel('bench:{id}', {
        class: 'log',
        payload: z.object({ n: z.int(), text: z.string() }),
        allow: { subscribe: 'authenticated', publish: 'authenticated' },
      }),
    },
  }),
  host: '127.0.0.1',
  port: 0,
  webSocket: { backlog: 4096 },
  authenticate: ({ token }) => (token === 'token-of-a-user' ? { subject: 'user' } : undefined),
});

await realtime.listening;
serveControl({ port: realtime.address().port, version: 'this tree' });
