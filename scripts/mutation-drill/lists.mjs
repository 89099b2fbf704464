// The lists of checks that the mutation drill switches off, and the documents that tell what noticed each.

import { channelMutations } from './channel-mutations.mjs';
import { clientMutations } from './client-mutations.mjs';
import { connectionMutations } from './connection-mutations.mjs';
import { deflateMutations } from './deflate-mutations.mjs';
import { frameMutations } from './frame-mutations.mjs';
import { handshakeMutations } from './handshake-mutations.mjs';
import { openingMutations } from './opening-mutations.mjs';

/** What the RFCs demand. */
export const protocol = {
  mutations: [...frameMutations, ...handshakeMutations, ...deflateMutations],
  document: 'docs/design/mutations.md',
  sectionName: 'section',
  introduction: (killed, all) => `# The mutation drill

A test that cannot fail proves nothing. \`npm run drill:protocol\` takes a compiled copy, switches off one check that an RFC
demands, runs the tests beside it, and puts the check back; then the next. Written by \`npm run drill:protocol -- --write\`:
**${killed} of ${all}** mutations are noticed. [defences.md](defences.md) has those of the defences that no RFC demands.

Demanded and not in the table, since no check stands for them: what a person must choose (which extensions to register),
what the runtime does (TLS and its server name, TCP), and RFC 6455's one connection at a time to a host while it is
being opened (4.1), which is not done: [why](../reference/client.md#many-connections-at-once).
`,
};

/** What SECURITY.md and the pages of limits promise. */
export const defences = {
  mutations: [...openingMutations, ...connectionMutations, ...clientMutations, ...channelMutations],
  document: 'docs/design/defences.md',
  sectionName: 'defence',
  introduction: (killed, all) => `# The mutation drill of the defences

What [SECURITY.md](../../SECURITY.md) and [limits.md](../reference/limits.md) promise, switched off one after the other as
[the mutation drill](mutations.md) does it. Written by \`npm run drill:defences -- --write\`: **${killed} of ${all}**
mutations are noticed.

Some are noticed since a test then waits for what never comes: those rows name the test before it.

Not in the table: what only memory shows (an address without a connection is forgotten); and how long a comparison of secrets
takes, and where randomness comes from, which \`test/house\` looks for in
the sources.
`,
};
