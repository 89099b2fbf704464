// For people: messages coloured and timed, above the line that is being typed.

import type { Interface } from 'node:readline';
import { styleText } from 'node:util';
import { escapeControls } from '../escape-controls.ts';
import { type ConnectOutput, formatMs, type MessageInfo, type OpenedInfo } from './connect-output.ts';
import { formatBinary, formatText } from './message-text.ts';

type Style = Parameters<typeof styleText>[0];

export class TerminalOutput implements ConnectOutput {
  readonly #colours: boolean;
  #prompt: Interface | undefined;

  /** @param colours `false` when `NO_COLOR` is set, or the terminal has none. */
  constructor(colours: boolean) {
    this.#colours = colours;
  }

  /** From now on this prompt, with what was typed so far, is drawn again below what is printed. */
  startPrompt(prompt: Interface): void {
    this.#prompt = prompt;
  }

  endPrompt(): void {
    this.#clearPrompt();
    this.#prompt = undefined;
  }

  opened({ url, protocol, extensions, elapsedMs }: OpenedInfo): void {
    const details = [protocol && `subprotocol ${protocol}`, extensions, formatMs(elapsedMs)].filter(Boolean);
    this.#print(
      `${this.#style('green', 'connected')} to ${url} ${this.#style('dim', `(${details.join(', ')})`)}`,
    );
  }

  message(data: string | Uint8Array, { bytes, elapsedMs }: MessageInfo): void {
    const after = elapsedMs === undefined ? '' : ` ${this.#style('dim', formatMs(elapsedMs))}`;
    const arrow = this.#style('cyan', '<');
    if (typeof data === 'string') this.#print(`${arrow} ${formatText(data)}${after}`);
    else
      this.#print(`${arrow} ${this.#style('dim', `binary, ${bytes} bytes`)}${after}\n${formatBinary(data)}`);
  }

  ping(data: Uint8Array): void {
    this.#print(this.#style('dim', `< ping ${controlText(data)}`.trimEnd()));
  }

  pong(data: Uint8Array, elapsedMs: number | undefined): void {
    const after = elapsedMs === undefined ? '' : formatMs(elapsedMs);
    this.#print(this.#style('dim', `< pong ${controlText(data)} ${after}`.trimEnd()));
  }

  closed(code: number, reason: string): void {
    const text = reason === '' ? String(code) : `${code}: ${escapeControls(reason)}`;
    this.endPrompt();
    this.#print(`${this.#style('yellow', 'closed')} (${text})`);
  }

  hint(text: string): void {
    this.#print(this.#style('dim', text));
  }

  #print(text: string): void {
    this.#clearPrompt();
    process.stdout.write(`${text}\n`);
    this.#prompt?.prompt(true);
  }

  #clearPrompt(): void {
    if (this.#prompt !== undefined) process.stdout.write('\r\u001b[K');
  }

  #style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text) : text;
  }
}

function controlText(data: Uint8Array): string {
  return escapeControls(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
}
