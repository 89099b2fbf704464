// Sends the request of an opening handshake through an http or https agent, so that agents for proxies and pools work.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type HeaderField, HeaderList } from '../../protocol/index.ts';
import { ConnectionError } from '../errors.ts';
import type { AgentRoute, ClientSettings } from './client-options.ts';
import { isRedirect } from './redirect.ts';
import { type Answer, interimFlood } from './response-head.ts';
import type { ServerAddress } from './server-address.ts';
import { describe, hearErrors } from './stream-wait.ts';

export interface AgentContext {
  readonly route: AgentRoute;
  readonly url: URL;
  readonly settings: ClientSettings;
  readonly signal: AbortSignal;
}

/** An agent hands its sockets to Node's own http client only, so that one sends the request and parses the answer. */
export function exchangeOverAgent(
  address: ServerAddress,
  fields: readonly HeaderField[],
  { route, url, settings, signal }: AgentContext,
): Promise<Answer> {
  const { host, port, isSecure, resource } = address;
  const { agent = false, observer } = route;
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)({
      ...settings.tls,
      ...settings.tcp,
      ...route.request,
      // An agent of Node's for one request would be asked for a connection in the place of `createConnection`.
      ...(route.request?.createConnection === undefined && { agent }),
      host,
      port,
      path: resource,
      headers: headersObject(fields),
    });
    const abort = (): void => {
      request.destroy();
      reject(signal.reason);
    };
    const settle = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    const findFlood = interimFlood(address.authority);
    request.on('information', () => {
      const flood = findFlood();
      if (flood === undefined) return;
      settle();
      request.destroy();
      reject(flood);
    });
    // Stays for good: what comes after the answer is the stream's affair.
    request.on('error', (cause) => {
      settle();
      const message = `the connection to ${host}:${port} failed: ${describe(cause)}`;
      reject(new ConnectionError('CONNECTION_FAILED', message, { cause }));
    });
    request.on('upgrade', (response, stream: Duplex, rest: Buffer) => {
      settle();
      hearErrors(stream);
      stream.pause();
      // What the agent set for requests does not hold for connections.
      const socket = stream as Partial<Socket>;
      socket.setTimeout?.(0);
      socket.setNoDelay?.(true);
      stream.allowHalfOpen = true;
      observer?.receiveUpgrade(response);
      resolve({ head: headOf(response), rest, stream });
    });
    request.on('response', (response) => {
      const head = headOf(response);
      const answer = { head, rest: Buffer.alloc(0), stream: response.socket };
      const isFollowed = settings.maxRedirects > 0 && isRedirect(head);
      if (!isFollowed && observer?.receiveResponse(request, response) === true) {
        response.once('close', () => {
          settle();
          resolve(answer);
        });
        return;
      }
      settle();
      resolve(answer);
    });
    if (observer?.receiveRequest(request, url) !== true) request.end();
  });
}

function headersObject(fields: readonly HeaderField[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of fields) {
    const before = headers[name];
    // Node takes no list for Host, even of one.
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

function headOf(response: IncomingMessage): Answer['head'] {
  const { headersDistinct } = response;
  const headers = new HeaderList();
  for (const [name, values = []] of Object.entries(headersDistinct)) headers.append(name, values.join(', '));
  return { status: response.statusCode ?? 0, headers };
}
