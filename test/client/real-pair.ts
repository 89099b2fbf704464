// A realtime server on a free port, and clients on real sockets: all closed when the test ends.

import type { TestContext } from 'node:test';
import { type ClientOptions, connect, type RealtimeClient } from '../../src/client/index.ts';
import { createRealtime, type RealtimeServer } from '../../src/server/index.ts';
import { WebSocket } from '../../src/websocket/index.ts';
import { byName, type Calls, type Channels, callContract, collectingLogger } from '../server/realtime-rig.ts';

export type TestClient = RealtimeClient<typeof callContract>;

export interface RealPair {
  readonly realtime: RealtimeServer<Channels, Calls>;
  readonly url: string;
  /** Errors of the server's application. */
  readonly errors: unknown[];
  client(options?: ClientOptions<typeof callContract>): TestClient;
}

export async function openPair(test: TestContext): Promise<RealPair> {
  const errors: unknown[] = [];
  const realtime = createRealtime({
    contracts: callContract,
    port: 0,
    authenticate: byName,
    logger: collectingLogger(errors),
    calls: {
      double: (input) => input * 2,
      async *ticks(count, { signal }) {
        for (let tick = 1; tick <= count; tick++) {
          signal.throwIfAborted();
          yield tick;
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      mine: (_input, { identity }) => `of ${identity.subject}`,
    },
  });
  test.after(() => realtime.close({ spreadMs: 0, timeoutMs: 1_000 }));
  await realtime.listening;
  const url = `ws://127.0.0.1:${realtime.address()?.port}`;
  return {
    realtime,
    url,
    errors,
    client: (options = {}) => {
      const client = connect(url, { contracts: callContract, WebSocket, token: 'ann', ...options });
      test.after(() => client.close());
      return client;
    },
  };
}

/** Resolves with the status as soon as it is in this state. */
export function reached(client: TestClient, state: TestClient['state']): Promise<TestClient['status']> {
  if (client.state === state) return Promise.resolve(client.status);
  return new Promise((resolve) => {
    const end = client.onState((status) => {
      if (status.state !== state) return;
      end();
      resolve(status);
    });
  });
}
