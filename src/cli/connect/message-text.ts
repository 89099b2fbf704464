// How a message is written on a terminal: JSON indented, binary as hex, and nothing that could command the terminal.

import { escapeControls } from '../escape-controls.ts';

/** Bytes shown of a long binary message on a terminal. */
const maxHexBytes = 512;

/** Indents a JSON object or array; any other text stays as it is, but for its control characters. */
export function formatText(text: string): string {
  return escapeControls(indentJson(text) ?? text);
}

/** Two digits a byte, sixteen bytes a group of lines, as far as is useful to look at. */
export function formatBinary(data: Uint8Array): string {
  const shown = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, maxHexBytes));
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += 16) {
    lines.push(
      shown
        .subarray(at, at + 16)
        .toString('hex')
        .replace(/..(?!$)/g, '$& '),
    );
  }
  const hidden = data.byteLength - shown.length;
  if (hidden > 0) lines.push(`… and ${hidden} more bytes`);
  return lines.join('\n');
}

function indentJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // It only looked like JSON.
    return undefined;
  }
}
