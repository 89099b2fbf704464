// What the channel protocol costs without sockets: codecs, the way of a publication through a hub, bytes on the wire.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Progress } from '../measure/progress.ts';
import { sessionProgram } from '../paths.ts';
import type { Findings, FindingsTable } from './study.ts';

type Lines = FindingsTable['lines'];

const flags = ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512'];
const timeoutMs = 180_000;

export const sessionStudy = {
  id: 'session',
  title: 'The channel protocol without sockets',
  async run(progress: Progress): Promise<Findings> {
    progress('codecs, hub and wire');
    const args = [...flags, sessionProgram];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: timeoutMs });
    const { codecs, fanOut, wire } = JSON.parse(stdout) as Record<'codecs' | 'fanOut' | 'wire', Lines>;
    const costs = ['CPU ns', 'a second', 'heap bytes', 'greatest / least'];
    return {
      remarks: [
        `One process, no sockets, the median of seven rounds. Heap bytes are what one takes before any garbage is
collected. A publication goes from its bytes through the hub and a broker in memory to the bytes of each subscriber.`,
      ],
      tables: [
        { caption: 'Codecs', header: ['work', ...costs], lines: codecs },
        { caption: 'A publication through the hub', header: ['for each', ...costs], lines: fanOut },
        {
          caption: 'A chat message as it is pushed, without the WebSocket frame',
          header: ['', 'bytes', 'beyond the payload'],
          lines: wire,
        },
      ],
    };
  },
};
