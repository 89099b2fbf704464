// The connection of the page, typed by the contract of the chat.

import { connect, type Message, type RealtimeClient, sessionStorageResume } from 'tidewire/client';
import { type ChatEvent, type Credential, chatContract, writeCredential } from '../chat-contract.ts';
import type { Plug } from './plug.ts';

export type { Said } from '../chat-contract.ts';
export type ChatClient = RealtimeClient<typeof chatContract>;
export type ChatMessage = Message<ChatEvent>;
export type Position = ChatMessage['position'];

export function connectChat(identity: Credential, plug: Plug): ChatClient {
  return connect('/realtime', {
    contracts: chatContract,
    token: writeCredential(identity),
    WebSocket: plug.WebSocket,
    resume: sessionStorageResume({ key: 'chat.session' }),
    // One who sits before a page does not want to wait long.
    backoff: { maxMs: 10_000 },
    onError: (error) => console.warn(error),
  });
}
