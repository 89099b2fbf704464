// Everything that is fuzzed.

import type { FuzzTarget } from '../fuzz-target.ts';
import { clientMachineTarget } from './client-machine.ts';
import { closePayloadTarget } from './close-payload.ts';
import { jsonTarget, messagePackTarget } from './codec.ts';
import { endpointTarget } from './endpoint.ts';
import { extensionHeaderTarget } from './extension-header.ts';
import { requestTarget, responseTarget } from './handshake.ts';
import { inflaterTarget } from './inflater.ts';
import { retentionTarget } from './retention.ts';
import { serverMachineTarget } from './server-machine.ts';

export const targets: readonly FuzzTarget[] = [
  endpointTarget,
  closePayloadTarget,
  requestTarget,
  responseTarget,
  extensionHeaderTarget,
  jsonTarget,
  messagePackTarget,
  inflaterTarget,
  retentionTarget,
  serverMachineTarget,
  clientMachineTarget,
];
