// Makes the stream of bytes to a server: TCP, TLS on it for wss:, and a tunnel below it where a proxy stands between.

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { ConnectionError, errorOf } from '../errors.ts';
import type { ClientSettings, ClientTlsOptions, Route } from './client-options.ts';
import { readResponseHead } from './response-head.ts';
import { basicCredentials, type ServerAddress, serverAddress } from './server-address.ts';
import { describe, hearErrors, waitOn } from './stream-wait.ts';

export interface DialContext {
  readonly settings: Pick<ClientSettings, 'tls' | 'tcp'>;
  readonly signal: AbortSignal;
  /** What to speak to the server; under TLS it is asked for. @default 'http/1.1' */
  readonly alpnProtocol?: 'http/1.1' | 'h2';
}

/** Resolves to a stream that bytes can be written to; rejects with a `ConnectionError`, or what the signal says. */
export async function dial(
  address: ServerAddress,
  route: Exclude<Route, { readonly type: 'agent' }>,
  context: DialContext,
): Promise<Duplex> {
  if (route.type === 'custom') return makeStream(route.createConnection, address, context.signal);
  const stream =
    route.type === 'proxy'
      ? await openTunnel(address, route.proxy, context)
      : await openTcp(address, context);
  return address.isSecure ? encrypt(stream, address, context) : stream;
}

function openTcp(address: ServerAddress, { settings, signal }: DialContext): Promise<Socket> {
  const { host, port } = address;
  // Half-open: a server may end its side and still read what we owe it.
  const socket = connectTcp({ ...settings.tcp, host, port, noDelay: true, allowHalfOpen: true });
  return connected(socket, 'connect', { peer: `${host}:${port}`, signal });
}

function encrypt(stream: Duplex, address: ServerAddress, context: DialContext): Promise<Duplex> {
  const { settings, signal, alpnProtocol = 'http/1.1' } = context;
  const { host, port } = address;
  const socket = connectTls({
    // RFC 6066, 3. "Literal IPv4 and IPv6 addresses are not permitted in "HostName"."
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: [alpnProtocol],
    ...settings.tls,
    host,
    socket: stream,
  });
  socket.allowHalfOpen = true;
  // Nothing is sent before the certificate is checked: the request may hold secrets.
  return connected(socket, 'secureConnect', { peer: `${host}:${port}`, signal });
}

function connected<Stream extends Duplex>(
  stream: Stream,
  event: 'connect' | 'secureConnect',
  context: { readonly peer: string; readonly signal: AbortSignal },
): Promise<Stream> {
  return waitOn<Stream>(stream, context, (wait) => {
    const succeed = (): void => wait.resolve(stream);
    stream.on(event, succeed);
    return () => stream.removeListener(event, succeed);
  });
}

/** RFC 9110, 9.3.6. "CONNECT is intended for use in requests to a proxy." */
async function openTunnel(
  address: ServerAddress,
  proxy: URL,
  { settings, signal }: DialContext,
): Promise<Duplex> {
  const { ca, rejectUnauthorized } = settings.tls;
  const tls: ClientTlsOptions = {
    ...(ca !== undefined && { ca }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
  const at = serverAddress(proxy);
  // Whatever is spoken to the server, this is HTTP/1.1.
  const stream = await dial(at, { type: 'direct' }, { settings: { ...settings, tls }, signal });

  const target = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  const credentials = basicCredentials(proxy);
  stream.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n` +
      `${credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`}\r\n`,
    'latin1',
  );
  const peer = `the proxy ${at.host}:${at.port}`;
  const { head, rest } = await readResponseHead(stream, { peer, signal });
  const { status } = head;
  if (status < 200 || status > 299) {
    stream.destroy();
    const advice = status === 407 ? 'give it a user and a password in its URL' : 'ask who runs it';
    throw new ConnectionError(
      'HANDSHAKE_FAILED',
      `${peer} refused a tunnel to ${target} with status ${status}: ${advice}`,
      { status },
    );
  }
  if (rest.length > 0) stream.unshift(rest);
  return stream;
}

/** Calls the application's function; a stream that comes when nobody waits any more is destroyed. */
async function makeStream(
  create: (address: ServerAddress) => Duplex | PromiseLike<Duplex>,
  address: ServerAddress,
  signal: AbortSignal,
): Promise<Duplex> {
  const making = Promise.resolve(create(address)).then((stream) => {
    hearErrors(stream);
    if (signal.aborted) stream.destroy();
    return stream;
  });
  try {
    return await Promise.race([making, aborted(signal)]);
  } catch (cause) {
    signal.throwIfAborted();
    const reason = describe(errorOf(cause, 'it'));
    throw new ConnectionError('CONNECTION_FAILED', `createConnection failed: ${reason}`, { cause });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
