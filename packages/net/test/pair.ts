import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { ConfigError, UnavailableError } from '../../naru/src/base/errors.js';
import { connect, listen } from '../src/open.js';
import type { StreamOptions } from '../src/options.js';
import type { EndpointLike } from '../src/places.js';
import type { ListenOptions, StreamListener } from '../src/stream/stream-listener.js';
import type { StreamSocket } from '../src/stream/stream-socket.js';

/** Two ends of one connection, and their listener. All close when the test is over. */
export interface Pair {
  readonly listener: StreamListener<StreamSocket>;
  readonly client: StreamSocket;
  readonly server: StreamSocket;
}

/** Opens a listener that closes when the test is over. */
export async function openListener(
  endpoint: EndpointLike = 'tcp://127.0.0.1:0',
  options: StreamOptions & ListenOptions = {},
): Promise<StreamListener<StreamSocket>> {
  const listener = await listen(endpoint, options);
  onTestFinished(() => listener.close());
  return listener;
}

/** Closes a socket when the test is over, even with waiting data. */
export function closeLater(socket: StreamSocket): StreamSocket {
  onTestFinished(() => socket.close({ signal: AbortSignal.abort() }));
  return socket;
}

/** Opens a connection. `options` apply to the client, and to the server unless it has its own. */
export async function openPair(
  endpoint: EndpointLike = 'tcp://127.0.0.1:0',
  options: StreamOptions = {},
  serverOptions: StreamOptions & ListenOptions = options,
): Promise<Pair> {
  const listener = await openListener(endpoint, serverOptions);
  const [client, server] = await Promise.all([connect(listener.localEndpoint, options), listener.accept()]);
  return { listener, client: closeLater(client), server: closeLater(server) };
}

/** Returns the error of a rejected promise, which must belong to a family; `code` is its code. */
export async function failure(promise: Promise<unknown>): Promise<UnavailableError | ConfigError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof UnavailableError || error instanceof ConfigError) return error;
    throw error;
  }
  return expect.fail('it was not rejected');
}

/** Returns all data up to the end. */
export async function recvAll(socket: StreamSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Creates a folder that is removed when the test is over. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-net-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits for a condition. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
