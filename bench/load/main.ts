// The load generator: a process of its own that opens connections to one server and drives it when asked.
import { createInterface } from 'node:readline';
import type { Workload } from '../workload.ts';
import type { ChannelDialectName } from './channel-dialect.ts';
import { ChannelLoad } from './channel-load.ts';
import { EchoLoad } from './echo-load.ts';
import { FanoutLoad } from './fanout-load.ts';
import { HandshakeLoad } from './handshake-load.ts';
import { IdleLoad } from './idle-load.ts';
import type { Load } from './load.ts';

/** What this process was started for: its first argument, as JSON. */
interface LoadTask {
  readonly port: number;
  readonly workload: Workload;
  /** The server echoes frames as they came, masked. */
  readonly mirrored: boolean;
  /** What a channel server speaks. */
  readonly dialect: ChannelDialectName;
}

type LoadRequest =
  | { readonly type: 'open'; readonly count: number }
  | { readonly type: 'run'; readonly durationMs: number }
  | { readonly type: 'latency'; readonly durationMs: number; readonly perSecond: number };

const task: LoadTask = JSON.parse(process.argv[2]!);
const load = createLoad(task);

function createLoad({ port, workload, mirrored, dialect }: LoadTask): Load {
  switch (workload.type) {
    case 'echo':
      return new EchoLoad(port, workload, { mirrored });
    case 'fanout':
      return new FanoutLoad(port, workload);
    case 'idle':
      return new IdleLoad(port, workload);
    case 'handshake':
      return new HandshakeLoad(port, workload);
    case 'channel-fanout':
    case 'channel-idle':
      return new ChannelLoad(port, workload, dialect);
  }
}

function answer(request: LoadRequest): Promise<unknown> | undefined {
  switch (request.type) {
    case 'open':
      return load.open(request.count).then(() => ({}));
    case 'run':
      return load.run?.(request.durationMs);
    case 'latency':
      return load.latency?.(request.durationMs, request.perSecond);
  }
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  Promise.resolve(answer(JSON.parse(line))).then(say, (error) => say({ error: (error as Error).message }));
});
lines.on('close', () => process.exit());
say({ pid: process.pid });
