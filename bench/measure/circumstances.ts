// Where and when a bench ran: what a reader needs to judge a figure, and nothing that names the machine.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { rootDirectory } from '../paths.ts';
import type { Circumstances } from './result.ts';

export function circumstances(): Circumstances {
  const processors = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const model = processors[0]?.model.trim() ?? process.arch;
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: commit(),
    machine: `${model}, ${processors.length} cores, ${gibibytes} GiB, Linux ${release().replace(/-.*/, '')}`,
    node: process.version,
  };
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: rootDirectory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src') === '' ? '' : '+')
    );
  } catch {
    return '';
  }
}
