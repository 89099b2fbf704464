#!/usr/bin/env node
// The command `tidewire`, as the shell starts it.

import { ExitCode } from './exit-code.ts';
import { run } from './program.ts';

// `tidewire connect … | head -1` closes our output early: that is no failure, and there is nobody to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(ExitCode.Ok);
});

process.exitCode = await run(process.argv.slice(2));
