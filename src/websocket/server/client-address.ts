// Who a client is to the limits that count by address, also where proxies stand between.

import { BlockList, isIP, isIPv6 } from 'node:net';
import { UsageError } from '../../protocol/index.ts';

/**
 * Whose word about their clients is believed: addresses and networks (`10.0.0.7`, `192.168.0.0/16`, `fd00::/8`), and `unix`,
 * who comes by a Unix socket.
 */
export type TrustedProxies = readonly string[];

/** One who comes by a Unix socket has no address. */
export const NO_ADDRESS = '';

export class ClientAddresses {
  readonly #trusted: BlockList | undefined;
  readonly #trustsUnix: boolean;

  /** @throws {UsageError} for what is neither an address nor a network. */
  constructor(trustProxy: TrustedProxies = []) {
    const networks = trustProxy.filter((entry) => entry !== 'unix');
    this.#trustsUnix = networks.length < trustProxy.length;
    if (networks.length === 0) return;
    this.#trusted = new BlockList();
    for (const entry of networks) addNetwork(this.#trusted, entry);
  }

  /** Whether the client is not the one at this address, but one of whom it tells. */
  isProxy(address: string): boolean {
    if (address === NO_ADDRESS) return this.#trustsUnix;
    const family = isIP(address);
    return family !== 0 && this.#trusted?.check(address, family === 6 ? 'ipv6' : 'ipv4') === true;
  }

  /**
   * The client's address. Each proxy adds the address that it was asked from at the end of `X-Forwarded-For`: the list is
   * read from there, as long as its entries are proxies that are trusted. What stands further left anybody may have written.
   */
  find(peer: string, forwardedFor: string | undefined): string {
    if (forwardedFor === undefined || !this.isProxy(peer)) return peer;
    const entries = forwardedFor.split(',');
    let address = peer;
    while (this.isProxy(address)) {
      const entry = entries.pop()?.trim();
      if (entry === undefined || isIP(entry) === 0) return address;
      address = entry;
    }
    return address;
  }
}

/**
 * What connections are counted by: the address, or its first 64 bits where it is IPv6, of which one client has as many as
 * it likes. IPv4 in the form of IPv6 is IPv4.
 */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [bare = ''] = address.split('%', 1);
  const last = bare.slice(bare.lastIndexOf(':') + 1);
  if (last.includes('.') && bare.toLowerCase().startsWith('::ffff:')) return last;
  const [before = '', after] = bare.split('::');
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const gap = after === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...new Array<string>(Math.max(gap, 0)).fill('0'), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups; neither is among the first four. */
function groupsOf(part: string): string[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}

function addNetwork(list: BlockList, entry: string): void {
  const [address = '', prefix, ...more] = String(entry).split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const bits = prefix === undefined ? most : Number(prefix);
  const isWhole = prefix === undefined || (prefix !== '' && Number.isInteger(bits));
  if (family === 0 || !isWhole || bits < 0 || bits > most || more.length > 0) {
    throw new UsageError(
      `trustProxy: ${JSON.stringify(entry)} is no address and no network: give 10.0.0.7, 10.0.0.0/8 or unix, say`,
    );
  }
  list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
}
