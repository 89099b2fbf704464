// The way between two processes: whole messages both ways, in order, until it ends.

import type { ChildProcess } from 'node:child_process';

export interface IpcLink {
  /** Sends plain data, byte strings included. `onSent` is called when it has left this process. After the end, nothing. */
  send(message: object, onSent: () => void): void;
  /** Called once. Messages that came before are handed over first. */
  start(handler: IpcLinkHandler): void;
}

export interface IpcLinkHandler {
  onMessage(message: unknown): void;
  onEnd(): void;
}

/** Marks the messages of a link among all others that the two processes send each other. */
const mark = 'tidewire:broker';

/** This process, or a child: it was forked with an IPC channel, and with `serialization: 'advanced'` where payloads hold bytes. */
export type IpcProcess = Pick<ChildProcess | NodeJS.Process, 'on' | 'connected'> & {
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
};

/**
 * The link to the process at the other end of the IPC channel of `peer`: a child, or `process` in a child. What is sent in
 * one turn of the event loop leaves together: a message of its own costs a system call, and much of the rest.
 */
export function processLink(peer: IpcProcess): IpcLink {
  let waiting: object[] = [];
  let callbacks: (() => void)[] = [];
  const flush = () => {
    const [messages, sent] = [waiting, callbacks];
    waiting = [];
    callbacks = [];
    // A channel that has ended says so by `disconnect`; there is nobody else to tell.
    if (peer.connected)
      peer.send?.({ [mark]: messages }, () => {
        for (const onSent of sent) onSent();
      });
  };
  return {
    send(message, onSent) {
      // Promises that settle in this turn still send: `nextTick` from a microtask comes after all of them.
      if (waiting.length === 0) queueMicrotask(() => process.nextTick(flush));
      waiting.push(message);
      callbacks.push(onSent);
    },
    start(handler) {
      const on = peer.on.bind(peer) as (event: string, listener: (value: unknown) => void) => void;
      on('message', (message) => {
        if (typeof message !== 'object' || message === null || !(mark in message)) return;
        const messages = message[mark];
        if (Array.isArray(messages)) for (const each of messages) handler.onMessage(each);
      });
      on('disconnect', () => handler.onEnd());
      if (!peer.connected) handler.onEnd();
    },
  };
}
