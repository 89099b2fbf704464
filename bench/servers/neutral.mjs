// The neutral server that client rows run against. It counts the bytes of masked frames whose length it knows, and
// answers each with the same pre-built frame: it parses nothing, so no client's figure depends on a peer's server.
import { createServer } from 'node:net';
import { buildFrames } from '../../dist/bench/load/frames.js';
import { serveControl, task } from './control.mjs';
import { acceptUpgrade } from './upgrade.mjs';

const frameBytes = buildFrames(task.message, { masked: true })[0].length;
const [reply] = buildFrames(task.message, { masked: false });
/** Replies to so many frames that arrived together: they leave together. */
const repliesTo = new Map();

const server = createServer({ noDelay: true }, (socket) => {
  let received = 0;
  socket.on('error', () => socket.destroy());
  socket.once('data', (head) => {
    socket.write(acceptUpgrade(head));
    socket.on('data', (chunk) => {
      const frames = Math.floor((received + chunk.length) / frameBytes);
      received += chunk.length - frames * frameBytes;
      if (!repliesTo.has(frames))
        repliesTo.set(frames, Buffer.concat(Array.from({ length: frames }, () => reply)));
      if (frames > 0) socket.write(repliesTo.get(frames));
    });
  });
});

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  serveControl({ port: server.address().port }),
);
