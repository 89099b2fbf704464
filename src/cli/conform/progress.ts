// The live line of `tidewire conform` on a terminal: how far it is, and how it goes.

import type { CaseResult } from '../../conformance/index.ts';

const width = 24;

export interface Progress {
  readonly update: (result: CaseResult, done: number, total: number) => void;
  end(): void;
}

/** Writes to the standard error, and only where that is a terminal. */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { update() {}, end() {} };
  let failed = 0;
  return {
    update({ id, verdict }, done, total) {
      if (verdict === 'failed') failed++;
      const filled = Math.round((done / total) * width);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
      const line = `${bar} ${done}/${total}${failed > 0 ? `  ${failed} failed` : ''}  ${id}`;
      stream.write(`\r\x1b[2K${line.slice(0, stream.columns - 1)}`);
    },
    end: () => stream.write('\r\x1b[2K'),
  };
}
