// Attacks by not reading.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../attack.ts';
import { flood, masked } from './client-frames.ts';
import { countCut, inTime, verdict } from './outcome.ts';

const MiB = 1024 * 1024;

export const outboundAttacks: readonly Attack[] = [
  {
    name: 'stalled-readers',
    group: 'outbound',
    about: 'reads nothing on 20 connections, to each of which 1 000 messages of 16 KiB are sent',
    needs: 'routes',
    maxGrowthMiB: 96,
    counter: 'maxQueuedBytes',
    async run(attacker) {
      const clients = await attacker.openMany(20, { path: '/silent' });
      for (const { socket } of clients) socket.pause();
      attacker.command({ type: 'broadcast', bytes: 16 * 1024, times: 1_000 });
      await sleep(2_500);
      const cut = await countCut(clients);
      return verdict(cut === 20, `${cut} of 20 cut`);
    },
  },
  {
    name: 'stalled-crowd',
    group: 'outbound',
    about: 'reads nothing on 30 connections, whose queues are each just short enough',
    needs: 'routes',
    victim: { limits: { maxQueuedBytes: 4 * MiB, maxTotalQueuedBytes: 16 * MiB } },
    counter: 'maxTotalQueuedBytes',
    async run(attacker) {
      const clients = await attacker.openMany(30, { path: '/silent' });
      for (const { socket } of clients) socket.pause();
      attacker.command({ type: 'broadcast', bytes: 256 * 1024, times: 50 });
      await sleep(1_500);
      const cut = await countCut(clients);
      return verdict(cut === 30, `${cut} of 30 cut`);
    },
  },
  {
    name: 'echoes-unread',
    group: 'outbound',
    about: 'sends 64 MiB on each of ten connections, and reads none of what is sent back',
    // The messages and their echoes are garbage until it is collected, at 64 MiB.
    maxGrowthMiB: 112,
    // Ten connections have the turn one after the other, each with messages of 64 KiB.
    maxDelayMs: 30,
    counter: 'maxQueuedBytes',
    async run(attacker) {
      const clients = await attacker.openMany(10);
      for (const { socket } of clients) socket.pause();
      const message = masked({ opcode: 2, payload: Buffer.alloc(64 * 1024) });
      await Promise.all(clients.map((client) => inTime(flood(client, message, 1_024), 3_000)));
      const cut = await countCut(clients);
      return verdict(cut === 10, `${cut} of 10 cut`);
    },
  },
  {
    name: 'slow-readers',
    group: 'outbound',
    about: 'reads 16 KiB every 100 ms on 20 connections, to each of which 1 000 messages of 16 KiB are sent',
    needs: 'routes',
    maxGrowthMiB: 96,
    counter: 'maxQueuedBytes',
    async run(attacker) {
      const clients = await attacker.openMany(20, { path: '/silent' });
      for (const { socket } of clients) socket.pause();
      attacker.command({ type: 'broadcast', bytes: 16 * 1024, times: 1_000 });
      const sipping = setInterval(() => {
        for (const { socket } of clients) {
          socket.resume();
          socket.once('data', () => socket.pause());
        }
      }, 100);
      await sleep(2_500);
      clearInterval(sipping);
      const cut = await countCut(clients);
      return verdict(cut === 20, `${cut} of 20 cut`);
    },
  },
];
