// The door of the react floor: the connection, channels and presence as hooks.

export type { ChannelMessages, MessageStoreOptions } from './message-store.ts';
export { type UseChannel, useChannel } from './use-channel.ts';
export { useChannelState } from './use-channel-state.ts';
export { useConnection } from './use-connection.ts';
export { type UsePresence, usePresence } from './use-presence.ts';
export type { ChannelValues } from './value-store.ts';
