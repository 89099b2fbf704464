#!/usr/bin/env node
// The command `tidewire`: parses its arguments and runs one of its commands.

import { CloseCode } from '../websocket/index.ts';

console.log(CloseCode.Normal);
