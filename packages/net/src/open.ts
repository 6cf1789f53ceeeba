/** The two usual sequences of socket calls, connecting and listening, each as one function. */
import { join, readOptions } from 'naru/base';
import { type StreamOptions, streamTable, type WaitOptions, waitTable } from './options.js';
import type { EndpointLike } from './places.js';
import { type ListenOptions, listenTable, type StreamListener } from './stream/stream-listener.js';
import { StreamSocket } from './stream/stream-socket.js';

const connectTable = join(streamTable, waitTable);
const openTable = join(connectTable, listenTable);

/**
 * Opens a stream socket that is connected to `endpoint`. Rejects as `new StreamSocket(options)` and its `connect` do.
 */
export async function connect(endpoint: EndpointLike, given?: StreamOptions & WaitOptions): Promise<StreamSocket> {
  const { signal, ...options } = readOptions(connectTable, given);
  const socket = new StreamSocket(options);
  await socket.connect(endpoint, { signal });
  return socket;
}

/** Opens a listener at `endpoint`. Rejects as `new StreamSocket(options)`, `bind` and `listen` do. */
export async function listen(
  endpoint: EndpointLike,
  given?: StreamOptions & ListenOptions & WaitOptions,
): Promise<StreamListener<StreamSocket>> {
  const { signal, backlog, onLost, ...options } = readOptions(openTable, given);
  const socket = new StreamSocket(options);
  await socket.bind(endpoint, { signal });
  try {
    return await socket.listen({ backlog, onLost });
  } catch (error) {
    await socket.close();
    throw error;
  }
}
