// Who is measured, and the command that starts each.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { benchDirectory, clientProgram, peersDirectory, serverProgram } from './paths.ts';
import { isChannelWorkload, type Workload } from './workload.ts';

export const peerNames = ['tidewire', 'ws', 'bun', 'deno', 'undici', 'net', 'socketio'] as const;
export type PeerName = (typeof peerNames)[number];

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** What a peer is, for a reader of the report. */
export const peerTitles: Readonly<Record<PeerName, string>> = {
  tidewire: 'Tidewire',
  ws: 'ws + bufferutil',
  bun: 'Bun (C++)',
  deno: 'Deno (Rust)',
  undici: 'undici',
  net: 'bare node:net',
  socketio: 'socket.io',
};

const architecture = process.arch === 'arm64' ? 'aarch64' : process.arch;

/** The command that runs a program in the peer's own runtime. */
function runtimeOf(peer: PeerName | 'neutral'): Command {
  if (peer === 'bun')
    return { file: join(peersDirectory, `@oven/bun-linux-${architecture}/bin/bun`), args: ['--expose-gc'] };
  if (peer === 'deno') {
    const args = ['run', '--quiet', '--no-lock', '--no-config', '--allow-all', '--v8-flags=--expose-gc'];
    return { file: join(peersDirectory, `@deno/linux-${process.arch}-glibc/deno`), args };
  }
  return { file: process.execPath, args: ['--expose-gc'] };
}

/** Starts the peer's server, or the neutral one. */
export function serverCommand(peer: PeerName | 'neutral', workload: Workload): Command {
  const { file, args } = runtimeOf(peer);
  const program = serverProgram(isChannelWorkload(workload) ? `${peer}-channels` : peer);
  return { file, args: [...args, program, JSON.stringify(workload)] };
}

/** Starts the peer's client; `task` is what clients/client.mjs expects. */
export function clientCommand(peer: PeerName, task: object): Command {
  const { file, args } = runtimeOf(peer);
  return { file, args: [...args, clientProgram, JSON.stringify(task)] };
}

/** An installation that takes longer waits for a registry that does not answer. */
const installTimeoutMs = 90_000;

/**
 * Brings the peers if they are missing or older than the lock file. They are no dependency of Tidewire. Throws when they
 * cannot be had.
 */
export function installPeers(): void {
  const installed = join(peersDirectory, '.package-lock.json');
  const wanted = join(benchDirectory, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  console.error('installing the peers into bench/node_modules …');
  const args = ['--prefix', benchDirectory, 'ci', '--fetch-retries=1', '--fetch-timeout=20000'];
  try {
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: installTimeoutMs });
  } catch (cause) {
    throw new Error('the peers cannot be installed: is the registry of npm within reach?', { cause });
  }
}
