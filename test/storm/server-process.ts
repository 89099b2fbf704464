// A realtime server in a process of its own, so that it can be killed: prints its port, and keeps channels on disk.

import { SqliteBroker } from '../../src/broker/sqlite/index.ts';
import { createRealtime } from '../../src/server/index.ts';
import { longHistory, stormContract, stormLimits } from './storm.ts';

const [path, port] = process.argv.slice(2);
const realtime = createRealtime({
  contracts: stormContract,
  broker: await SqliteBroker.open({ path: path! }),
  port: Number(port),
  limits: { ...stormLimits, maxReplay: longHistory },
});
await realtime.listening;
process.stdout.write(`${realtime.address()!.port}\n`);
