/** An HTTP server without a port, which gets its connections from a TestNetwork. */
import { type RequestListener, Server } from 'node:http';

/** An `http.Server` that counts as listening from the start, so that `close` works as on a server with a port. */
export class PortlessServer extends Server {
  override listening = true;

  constructor(listener?: RequestListener) {
    super(listener);
    // Node's timeouts for slow requests use real timers, which a simulation must not have.
    this.headersTimeout = 0;
    this.requestTimeout = 0;
  }

  override close(callback?: (error?: Error) => void): this {
    const wasListening = this.listening;
    this.listening = false;
    if (callback) this.once('close', callback);
    if (wasListening) queueMicrotask(() => this.emit('close'));
    return this;
  }
}
