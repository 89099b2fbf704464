import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/websocket/index.ts';
import { addressGroup, ClientAddresses } from '../../../src/websocket/server/client-address.ts';

describe('the client behind proxies', () => {
  const clients = new ClientAddresses(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
  const found: [what: string, peer: string, forwardedFor: string | undefined, client: string][] = [
    ['is the peer where there is no proxy', '203.0.113.5', undefined, '203.0.113.5'],
    ['is the peer where nobody trusts it', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['is whom the proxy tells of', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['is the last that is no proxy of ours', '10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['is not what it writes itself', '10.1.2.3', '127.0.0.1, 10.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['is a proxy when that asked itself', '10.1.2.3', undefined, '10.1.2.3'],
    ['is the first proxy when all are proxies', '10.1.2.3', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
    ['is the proxy when that writes no address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['is the proxy when that writes nothing', '10.1.2.3', '', '10.1.2.3'],
    ['is no text that looks like one', '10.1.2.3', '1.1.1.1\u0000', '10.1.2.3'],
    ['may have an IPv6 address', 'fd12::1', '2001:db8::5', '2001:db8::5'],
    ['is found where IPv4 comes as IPv6', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['is found behind a single proxy', '192.0.2.7', '198.51.100.1', '198.51.100.1'],
    ['is not behind the neighbour of one', '192.0.2.8', '198.51.100.1', '192.0.2.8'],
    ['is nobody where the socket is gone', '', '198.51.100.1', ''],
  ];
  for (const [what, peer, forwardedFor, client] of found) {
    it(what, () => assert.equal(clients.find(peer, forwardedFor), client));
  }

  it('is whom a proxy tells of that comes by a Unix socket, if that is trusted', () => {
    const local = new ClientAddresses(['unix', '10.0.0.0/8']);
    assert.equal(local.find('', '198.51.100.1, 10.0.0.1'), '198.51.100.1');
    assert.equal(local.find('', undefined), '');
    assert.equal(new ClientAddresses(['unix']).find('10.0.0.1', '198.51.100.1'), '10.0.0.1');
  });

  it('is the peer by default', () => {
    assert.equal(new ClientAddresses().find('127.0.0.1', '198.51.100.1'), '127.0.0.1');
  });

  for (const entry of ['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10/8', '*']) {
    it(`is not looked for with trustProxy ${JSON.stringify(entry)}`, () =>
      assert.throws(
        () => new ClientAddresses([entry]),
        (error) => error instanceof UsageError && error.message.includes(JSON.stringify(entry)),
      ));
  }
});

describe('what connections are counted by', () => {
  const groups: [address: string, group: string][] = [
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['::FFFF:203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
    ['64:ff9b::203.0.113.5', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['no address', 'no address'],
  ];
  for (const [address, group] of groups) {
    it(`is ${group} for ${address}`, () => assert.equal(addressGroup(address), group));
  }
});
