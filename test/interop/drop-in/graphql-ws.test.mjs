// graphql-ws, unmodified, on `tidewire/ws`.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { CloseCode, createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import WebSocket, { WebSocketServer } from 'ws';
import { openHttp } from './open-http.mjs';

async function* greetings() {
  for (const hello of ['hi', 'bonjour', 'ciao']) yield { greeting: hello };
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { hello: { type: GraphQLString, resolve: () => 'world' } },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { greeting: { type: GraphQLString, subscribe: greetings } },
  }),
});

async function open(test, serverOptions = {}) {
  const http = createServer();
  const address = await openHttp(test, http);
  const server = new WebSocketServer({ server: http, path: '/graphql' });
  const disposable = useServer({ schema, ...serverOptions }, server);
  test.after(() => disposable.dispose());
  const client = createClient({
    url: `ws://${address}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
  });
  test.after(() => client.dispose());
  return { client, server };
}

async function collect(client, query) {
  const results = [];
  for await (const { data, errors } of client.iterate({ query })) results.push(errors ?? { ...data });
  return results;
}

describe('graphql-ws', () => {
  it('answers a query', async (test) => {
    const { client } = await open(test);
    assert.deepEqual(await collect(client, '{ hello }'), [{ hello: 'world' }]);
  });

  it('speaks its subprotocol, and streams a subscription', async (test) => {
    const { client, server } = await open(test);
    let protocol;
    server.on('connection', (socket) => {
      protocol = socket.protocol;
    });
    assert.deepEqual(await collect(client, 'subscription { greeting }'), [
      { greeting: 'hi' },
      { greeting: 'bonjour' },
      { greeting: 'ciao' },
    ]);
    assert.equal(protocol, 'graphql-transport-ws');
  });

  it('closes with its own code a connection that it forbids', async (test) => {
    const { client } = await open(test, { onConnect: () => false });
    await assert.rejects(collect(client, '{ hello }'), { code: CloseCode.Forbidden, reason: 'Forbidden' });
  });

  it('closes with its own code a client that speaks no subprotocol of it', async (test) => {
    const { server } = await open(test);
    const { port } = server.address();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`);
    const code = await new Promise((resolve) => socket.on('close', resolve));
    assert.equal(code, CloseCode.SubprotocolNotAcceptable);
  });
});
