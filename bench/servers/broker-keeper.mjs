// Keeps the channels of the server that started this process, in memory.
import process from 'node:process';
import { hostBroker, MemoryBroker, processLink } from '../../dist/src/broker/index.js';

hostBroker(new MemoryBroker(), processLink(process));
