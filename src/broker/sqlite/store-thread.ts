// The thread that the store lives in: takes batches, and answers when they are on disk.

import { parentPort, workerData } from 'node:worker_threads';
import { type ChannelPolicy, UsageError } from '../../channel/index.ts';
import { type OpenedStore, openStore, putAside } from './open-store.ts';
import { DamageError } from './seal.ts';
import { failureOf, type Store } from './store.ts';
import type { FromStore, StoreFailure, StoreSettings, ToStore } from './store-call.ts';

const port = parentPort!;
const settings = workerData as StoreSettings;
/** Those that calls name by number, over all stores that take each other's place. */
const policies = new Map<number, ChannelPolicy>();
let store: Store | undefined;

function tell(message: FromStore): void {
  port.postMessage(message);
}

function failureOfDamage({ message }: DamageError): StoreFailure {
  const text =
    `the store ${settings.path} is damaged (${message}): put it aside and start again, or open it with ` +
    "onDamage 'replace', which does that; channels then begin empty, in new epochs";
  return { type: 'failed', code: 'BROKER_DAMAGED', message: text, effect: 'none' };
}

function openingFailure(error: unknown): FromStore {
  if (error instanceof DamageError) return failureOfDamage(error);
  if (error instanceof UsageError) return { type: 'usage', message: error.message };
  // Of the folder and the witness, which are not SQLite's: no room, no right, not a folder …
  if ((error as NodeJS.ErrnoException).syscall !== undefined) {
    const message = `the file of the store cannot be written: ${(error as Error).message}`;
    return { type: 'failed', code: 'BROKER_UNAVAILABLE', message, effect: 'none' };
  }
  return failureOf(error, false);
}

async function open(): Promise<OpenedStore> {
  const opened = await openStore(settings, policies);
  store = opened.store;
  return opened;
}

async function runBatch(batch: ToStore & { type: 'batch' }): Promise<void> {
  for (const [number, policy] of batch.policies) policies.set(number, policy);
  try {
    tell({ type: 'answers', answers: store!.run(batch.calls) });
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    store!.close();
    store = undefined;
    const failure = failureOfDamage(error);
    if (settings.onDamage === 'replace') {
      // What is left may look whole when it is opened: it has to go, whatever that finds.
      putAside(settings.path);
      await open();
    }
    const trouble = settings.onDamage === 'replace' ? 'replaced' : 'damaged';
    tell({ type: 'answers', answers: batch.calls.map(() => failure), trouble });
  }
}

port.on('message', (message: ToStore) => {
  if (message.type === 'batch') {
    void runBatch(message);
  } else {
    store?.close();
    port.close();
  }
});

try {
  const { opening, time } = await open();
  tell({ type: 'open', opening, time });
} catch (error) {
  tell(openingFailure(error));
  port.close();
}
