// Shows the state of the connection: a word in the header, a strip with a countdown while it is lost, and the plug.

import type { ClientStatus } from 'tidewire/client';
import { byId, inside } from './element.ts';

export interface ConnectionStatusHandler {
  onTryNow(): void;
  /** The plug was pulled, or put in. */
  onPlug(isIn: boolean): void;
}

export class ConnectionStatus {
  readonly #word = byId('connection', HTMLParagraphElement);
  readonly #strip = byId('offline', HTMLDivElement);
  readonly #stripText = byId('offline-text', HTMLSpanElement);
  readonly #tryNow = byId('try-now', HTMLButtonElement);
  readonly #plug = byId('plug', HTMLButtonElement);
  #isPluggedIn = true;
  #countdown: number | undefined;

  constructor(handler: ConnectionStatusHandler) {
    this.#tryNow.addEventListener('click', () => {
      if (this.#isPluggedIn) handler.onTryNow();
      else this.#setPlug(true, handler);
    });
    this.#plug.addEventListener('click', () => this.#setPlug(!this.#isPluggedIn, handler));
  }

  show({ state, reason, nextAttemptAt }: ClientStatus): void {
    clearInterval(this.#countdown);
    this.#strip.hidden = state === 'open';
    this.#tryNow.hidden = state !== 'waiting' && state !== 'stopped';
    if (!this.#isPluggedIn) {
      this.#setWord('lost', 'Unplugged');
      this.#tryNow.textContent = 'Plug in';
      this.#tryNow.hidden = false;
      this.#stripText.textContent = 'You pulled the plug. What you write is sent when it is back in.';
      return;
    }
    this.#tryNow.textContent = 'Try now';
    switch (state) {
      case 'open':
        return this.#setWord('open', 'Connected');
      case 'idle':
      case 'connecting':
        this.#setWord('lost', 'Connecting …');
        this.#stripText.textContent = 'Connecting …';
        return;
      case 'waiting': {
        this.#setWord('lost', 'Reconnecting …');
        const count = () => {
          const seconds = Math.max(0, Math.ceil(((nextAttemptAt ?? 0) - Date.now()) / 1000));
          const why = reason === undefined ? 'No connection' : sentence(reason.message);
          this.#stripText.textContent = `${why}. Next try in ${seconds}\u00a0s.`;
        };
        count();
        this.#countdown = setInterval(count, 250);
        return;
      }
      case 'credentials':
      case 'stopped':
        this.#setWord('ended', 'Disconnected');
        this.#stripText.textContent = `The connection has ended: ${reason?.message ?? 'for good'}.`;
        return;
      default:
        state satisfies never;
    }
  }

  #setPlug(isIn: boolean, handler: ConnectionStatusHandler): void {
    this.#isPluggedIn = isIn;
    this.#plug.setAttribute('aria-pressed', String(!isIn));
    inside(this.#plug, '.label').textContent = isIn ? 'Pull the plug' : 'Plug in';
    handler.onPlug(isIn);
  }

  #setWord(state: 'open' | 'lost' | 'ended', text: string): void {
    this.#word.dataset.state = state;
    // Setting the same text again would make a screen reader say it again.
    if (this.#word.textContent !== text) this.#word.textContent = text;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
