/** A server without a port, and clients that send exactly the text of a test. */
import { afterEach, expect } from 'vitest';
import { coreOf, type Namespace } from '../../../packages/naru/src/namespace/namespace.js';
import type { NamespaceCore } from '../../../packages/naru/src/namespace/namespace-core.js';
import type { Member } from '../../../packages/naru/src/namespace/socket/socket.js';
import { type FakeClock, TestServer, type TestServerOptions } from '../../../packages/testing/src/entry/index.js';
import { RawClient } from '../clients/raw-client.js';

let current: TestServer | undefined;

afterEach(async () => {
  const server = current;
  current = undefined;
  if (!server) return;
  await server.close();
  expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0, links: 0, deferred: 0 });
});

export function stage(options: TestServerOptions['server'] = {}, clock?: FakeClock): TestServer {
  current = new TestServer({ server: options, clock });
  return current;
}

/** Returns the core of a namespace. */
export function coreIn(server: TestServer, name = '/'): NamespaceCore {
  return coreOf(server.io.of(name) as unknown as Namespace);
}

/** Returns the members of a namespace, in the order in which they joined. */
export function membersIn(server: TestServer, name = '/'): Member[] {
  return [...coreIn(server, name).members.members.values()];
}

/** Opens a client that has joined a namespace, the main one by default, and discards the server's messages so far. */
export async function join(server: TestServer, connect = '40', query = ''): Promise<RawClient> {
  const client = await RawClient.open(server, { query, answersPings: true });
  client.send(connect);
  await server.clock.settle();
  expect(client.texts.at(-1)).toMatch(/^40/);
  client.received.length = 0;
  return client;
}
