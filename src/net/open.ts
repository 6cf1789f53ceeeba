/** The two sequences of verbs that almost everybody wants, each as one call. */
import type { StreamOptions, WaitOptions } from './options.js';
import type { EndpointLike } from './places.js';
import type { ListenOptions, StreamListener } from './stream/stream-listener.js';
import { StreamSocket } from './stream/stream-socket.js';

/** A stream socket that is connected to `endpoint`: `new StreamSocket(options)` and `connect`, whose errors it has. */
export async function connect(
  endpoint: EndpointLike,
  options: StreamOptions & WaitOptions = {},
): Promise<StreamSocket> {
  const socket = new StreamSocket(options);
  await socket.connect(endpoint, options);
  return socket;
}

/** A listener at `endpoint`: `new StreamSocket(options)`, `bind` and `listen`, whose errors it has. */
export async function listen(
  endpoint: EndpointLike,
  options: StreamOptions & ListenOptions & WaitOptions = {},
): Promise<StreamListener<StreamSocket>> {
  const socket = new StreamSocket(options);
  await socket.bind(endpoint, options);
  try {
    return await socket.listen(options);
  } catch (error) {
    await socket.close();
    throw error;
  }
}
