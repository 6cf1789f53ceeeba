/** An HTTP server without a port: it gets its connections from a TestNetwork. */
import { type RequestListener, Server } from 'node:http';

/** A `http.Server` that counts as listening from the start, so that `close` works as it does on one with a port. */
export class PortlessServer extends Server {
  override listening = true;

  constructor(listener?: RequestListener) {
    super(listener);
    // Node's own limits on slow requests run on real timers; a simulation has none.
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
