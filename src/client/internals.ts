// What a client and its channels show to the functions beside them, so that a bundle holds only those it uses.

import type { AnyChannelContract, Contract } from '../channel/index.ts';
import type { BasicLimits, ClientLimits } from './client-limits.ts';
import type { ConnectionState } from './client-status.ts';
import type { MachineLoop } from './machine-loop.ts';
import type { MessageReader } from './message.ts';
import type { Runtime } from './runtime.ts';

export interface ClientInternals {
  readonly loop: MachineLoop;
  readonly runtime: Runtime;
  readonly limits: BasicLimits & Partial<ClientLimits>;
  readonly contracts: Contract | undefined;
  /** Whether what arrives is validated. */
  readonly isChecked: boolean;
  readonly onState: (listener: (status: { readonly state: ConnectionState }) => void) => () => void;
  readonly report: (error: unknown) => void;
}

export interface ChannelInternals {
  readonly client: ClientInternals;
  readonly contract: AnyChannelContract | undefined;
  readonly reader: MessageReader;
}

/** Of each client, and each channel. */
export const clientInternals = new WeakMap<object, ClientInternals>();
export const channelInternals = new WeakMap<object, ChannelInternals>();
