// Drives any client that has the WHATWG `WebSocket` through the cases of `tidewire conform --listen`. Runs in every runtime.

/** What the driver uses of a `WebSocket`. */
export interface DrivenSocket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: unknown) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: never): void;
  close(): void;
}

export type DrivenConstructor = new (url: string) => DrivenSocket;

export interface DriveOptions {
  /** Where the suite listens: `ws://127.0.0.1:9001`. */
  readonly url: string;
  /** The name of the client in the report. */
  readonly agent: string;
  /** The constructor under test. @default the global one */
  readonly WebSocket?: DrivenConstructor;
  /** Cases that run at once. @default 8 */
  readonly concurrency?: number;
  /** How long a socket may stay without its `close` event, in milliseconds, before the driver goes on. @default 30_000 */
  readonly deadlineMs?: number;
}

/** What the suite answers at the end: how many cases had which verdict. */
export interface DriveReport {
  readonly agent: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Cases after which the client never fired `close`, though the connection was gone. */
  readonly neverClosed: readonly string[];
}

/** Runs every case, echoing each message as it came, and asks for the report. Rejects when the suite cannot be reached. */
export async function driveClient(options: DriveOptions): Promise<DriveReport> {
  const { url, agent, concurrency = 8, deadlineMs = 30_000 } = options;
  const WebSocket =
    options.WebSocket ?? (globalThis as unknown as { WebSocket: DrivenConstructor }).WebSocket;
  const ids = JSON.parse(await receiveOne(new WebSocket(`${url}/cases`))) as string[];
  const name = encodeURIComponent(agent);
  const neverClosed: string[] = [];
  const work = async () => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      const address = `${url}/case/${encodeURIComponent(id)}?agent=${name}`;
      if (!(await echoUntilClosed(WebSocket, address, deadlineMs))) neverClosed.push(id);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const report = JSON.parse(await receiveOne(new WebSocket(`${url}/report?agent=${name}`)));
  return { ...report, neverClosed } as DriveReport;
}

function receiveOne(socket: DrivenSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onerror = () => {}; // A close event follows, and says all there is to say.
    socket.onclose = () => reject(new Error('the connection to the suite closed without an answer'));
  });
}

/** Resolves when the connection is closed, in whatever way (the verdict is the suite's), or with `false` at the deadline. */
function echoUntilClosed(WebSocket: DrivenConstructor, url: string, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), deadlineMs);
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => socket.send(data as never);
    socket.onerror = () => {}; // A close event follows.
    socket.onclose = () => {
      clearTimeout(timer);
      resolve(true);
    };
  });
}
