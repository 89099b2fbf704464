// What the kernel holds for sockets, which no process is charged for: read from the slab allocator's own account.
import { readFileSync } from 'node:fs';

/** Bytes in use by each kind of kernel object that an open TCP connection needs; undefined where it may not be read. */
export type KernelObjects = ReadonlyMap<string, number>;

/** What each kind is, for a reader of the report. */
export const kernelObjectTitles: ReadonlyMap<string, string> = new Map([
  ['TCP', 'TCP control block'],
  ['sock_inode_cache', 'socket and inode'],
  ['filp', 'open file'],
  ['dentry', 'directory entry'],
  ['eventpoll_epi', 'epoll entry'],
]);

/** Only root may read the account. */
export function kernelObjects(): KernelObjects | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/slabinfo', 'latin1');
  } catch {
    return undefined;
  }
  const bytes = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', active, , size] = line.split(/ +/);
    if (kernelObjectTitles.has(name)) bytes.set(name, Number(active) * Number(size));
  }
  return bytes;
}
