// Fetches a key set, but not again soon after it failed: tokens of strangers must not set the pace.

export interface SparingFetchOptions {
  /** How long after a failure nothing is fetched, in milliseconds. */
  readonly cooldownMs: number;
  /** @default the global fetch */
  readonly fetch?: typeof globalThis.fetch;
  /** @default performance.now */
  readonly now?: () => number;
}

/** Longer waits would keep a server closed that could be open again. */
const longestCooldownMs = 5_000;

const maxKeySetBytes = 512 * 1024;

export class SparingFetch {
  readonly #cooldownMs: number;
  readonly #fetch: typeof globalThis.fetch;
  readonly #now: () => number;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor({ cooldownMs, fetch = globalThis.fetch, now = () => performance.now() }: SparingFetchOptions) {
    this.#cooldownMs = Math.min(cooldownMs, longestCooldownMs);
    this.#fetch = fetch;
    this.#now = now;
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    if (this.#now() - this.#failedAt < this.#cooldownMs) {
      throw new Error('the key set could not be fetched a moment ago');
    }
    try {
      const response = await this.#fetch(url, init);
      if (response.status !== 200) throw new Error(`the key set was answered with status ${response.status}`);
      const text = await textOf(response);
      return new Response(text, { status: 200 });
    } catch (error) {
      this.#failedAt = this.#now();
      throw error;
    }
  }
}

/** The body, unless it is longer than any key set. */
async function textOf(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxKeySetBytes) throw new Error(`the key set is longer than ${maxKeySetBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
