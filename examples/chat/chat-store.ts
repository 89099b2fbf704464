// Where the chat keeps its messages: a file, on the broker that acknowledges only what is on disk.

import { SqliteBroker } from 'tidewire/broker/sqlite';

export function openSqliteBroker(path: string): Promise<SqliteBroker> {
  return SqliteBroker.open({ path });
}
