// What a WHATWG client sends to an echo server, and how it closes. Runs in a page too: it uses nothing from outside.

/**
 * `open` makes a WebSocket for a URL; `openPlain`, where the client can turn it off, one without compression; `fragment`,
 * where it can, sends texts as the fragments of one message. `report` gets a label, whether it was compressed, and whether
 * all was right.
 */
export async function runPlan(url, { open, openPlain, fragment, report }) {
  const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20, 16 << 20];
  const alphabet = 'The quick brown fox jumps over the lazy dog; 0123456789. ';
  const textOf = (size) => alphabet.repeat(Math.ceil(size / alphabet.length)).slice(0, size);
  const isCompressed = ({ extensions }) => extensions.includes('permessage-deflate');

  /** A connection that is open, and what it receives, one thing after the other. */
  async function connect(opener) {
    const socket = opener(url);
    socket.binaryType = 'arraybuffer';
    const inbox = [];
    let wake;
    const put = (item) => {
      inbox.push(item);
      wake?.();
    };
    socket.onmessage = ({ data }) => put({ data });
    socket.onerror = () => {}; // A close event follows.
    socket.onclose = ({ code, reason, wasClean }) => put({ code, reason, wasClean });
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      wake = () => reject(new Error(`the connection was not opened: ${JSON.stringify(inbox)}`));
    });
    const take = async () => {
      while (inbox.length === 0) {
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      return inbox.shift();
    };
    return { socket, take };
  }

  async function echoes({ socket, take }, upTo) {
    const compressed = isCompressed(socket);
    for (const size of sizes.filter((each) => each <= upTo)) {
      const text = textOf(size);
      socket.send(text);
      report(`text ${size}`, compressed, (await take()).data === text);
      socket.send(new TextEncoder().encode(text));
      const { data } = await take();
      const isRight = data instanceof ArrayBuffer && new TextDecoder().decode(data) === text;
      report(`binary ${size}`, compressed, isRight);
    }
  }

  const first = await connect(open);
  await echoes(first, 16 << 20);
  if (fragment !== undefined) {
    fragment(first.socket, ['in ', 'three ', 'pieces']);
    report('fragmented', isCompressed(first.socket), (await first.take()).data === 'in three pieces');
  }
  first.socket.close(3001, 'done here');
  // A server may answer with a code of its own (5.5.1 only says that it typically echoes): aiohttp says 1000.
  report('close', isCompressed(first.socket), (await first.take()).wasClean);

  const second = await connect(openPlain ?? open);
  if (openPlain !== undefined) await echoes(second, 1 << 20);
  second.socket.send('please close');
  const { code, reason } = await second.take();
  report('closed by the server', isCompressed(second.socket), code === 3002 && reason === 'as asked');
}
