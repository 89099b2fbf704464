// What keeps a run from being strict throughout; where the RFC leaves the outcome open, there is nothing to reach.

import type { RunResult } from '../../src/conformance/index.ts';

export function notStrict({ results }: RunResult): string[] {
  return results
    .filter(({ verdict }) => verdict === 'failed' || verdict === 'acceptable')
    .map(({ id, verdict, detail, transcript }) => `${verdict} ${id}: ${detail}\n${transcript.join('\n')}`);
}
