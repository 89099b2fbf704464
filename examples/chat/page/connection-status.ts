// Shows the state of the connection: a word in the header, and a strip with a countdown while it is lost.

import { byId } from './element.ts';
import type { SocketState } from './reconnecting-socket.ts';

export class ConnectionStatus {
  readonly #word = byId('connection', HTMLParagraphElement);
  readonly #strip = byId('offline', HTMLDivElement);
  readonly #stripText = byId('offline-text', HTMLSpanElement);
  readonly #tryNow = byId('try-now', HTMLButtonElement);
  #countdown: number | undefined;

  constructor(onTryNow: () => void) {
    this.#tryNow.addEventListener('click', onTryNow);
  }

  show(state: SocketState): void {
    clearInterval(this.#countdown);
    this.#strip.hidden = state.type === 'open';
    this.#tryNow.hidden = state.type !== 'waiting';
    switch (state.type) {
      case 'open':
        this.#setWord('open', 'Connected');
        return;
      case 'connecting':
        this.#setWord('lost', 'Reconnecting …');
        this.#stripText.textContent = 'Reconnecting …';
        return;
      case 'waiting':
        this.#setWord('lost', 'Reconnecting …');
        this.#count(state.retryAt);
        this.#countdown = setInterval(() => this.#count(state.retryAt), 250);
        return;
      case 'ended':
        this.#setWord('ended', 'Disconnected');
        this.#stripText.textContent = `The server ended the connection: ${state.reason || state.code}. Reload the page to come back.`;
        return;
      default:
        state satisfies never;
    }
  }

  #setWord(state: 'open' | 'lost' | 'ended', text: string): void {
    this.#word.dataset.state = state;
    // Setting the same text again would make a screen reader say it again.
    if (this.#word.textContent !== text) this.#word.textContent = text;
  }

  #count(retryAt: number): void {
    const seconds = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
    this.#stripText.textContent = `Connection lost. Next try in ${seconds}\u00a0s.`;
  }
}
