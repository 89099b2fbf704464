// The parts of a channel that lives in memory only.

import type { ChannelPolicy } from '../../channel/index.ts';
import type { ChannelParts, PublicationStore } from './channel-parts.ts';
import { ExpiringTable } from './expiring-table.ts';
import { LogTable } from './log-table.ts';
import { MailboxTable } from './mailbox-table.ts';
import { ProducerMemory } from './producer-memory.ts';
import { StateTable } from './state-table.ts';

/** `maxRemembered`: producers, and dedupe keys, remembered at a time. The policy is of any stored class: not `signal`. */
export function memoryParts(policy: ChannelPolicy, maxRemembered: number): ChannelParts {
  const mailbox = policy.class === 'mailbox' ? new MailboxTable(policy.history) : undefined;
  return {
    store: mailbox ?? createStore(policy),
    producers: new ProducerMemory(maxRemembered),
    dedupeKeys: new ExpiringTable(maxRemembered),
    mailbox,
  };
}

function createStore(policy: ChannelPolicy): PublicationStore {
  if (policy.class === 'state') return new StateTable(policy.history);
  return new LogTable(policy.history);
}
