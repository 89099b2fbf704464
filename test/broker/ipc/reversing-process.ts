// A process for the tests of IpcBroker: publishes every word it hears backwards, and ends when its broker is gone.

import { IpcBroker, processLink } from '../../../src/broker/index.ts';
import { resolveChannelPolicy } from '../../../src/channel/index.ts';

const log = resolveChannelPolicy({ class: 'log' });
const broker = await IpcBroker.connect(processLink(process));
const subscription = await broker.subscribe('words', log);
subscription.start({
  onPublication({ data }) {
    const { word } = data as { word: string | Uint8Array };
    const reversed = typeof word === 'string' ? [...word].reverse().join('') : word.toReversed();
    // The parent may have gone by the time that it would answer.
    broker.publish('reversed', { data: { word: reversed } }, log).catch(() => undefined);
  },
  onLost() {},
});
process.send?.('ready');
