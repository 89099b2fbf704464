// The messages of a fan-out, in the order in which every server broadcasts them: one tick at a time, round and round.
import { messagesOf } from '../../dist/bench/workload.js';
import { task } from './control.mjs';

let next = 0;

/**
 * Calls `broadcast` with each message of one tick.
 *
 * @param {Message[]} messages what {@link broadcastsAs} made
 * @template Message
 */
export function tick(messages, broadcast) {
  for (let count = 0; count < task.perTick; count++) broadcast(messages[next++ % messages.length]);
}

/** The messages in the form a server likes best, made once. */
export function broadcastsAs(form) {
  return task.type === 'fanout' ? messagesOf(task.message).map(form) : [];
}
