/**
 * Naru with metrics in a register of prom-client that is read every second, as Prometheus would do it. The server turns
 * them off while it is another target.
 */
import { metrics } from '@naru/metrics';
import { Server } from 'naru';
import { nodeInternals } from './naru.mjs';
import { serve } from './socket.io-apps.mjs';

/** Milliseconds with metrics between two readings. */
const READ_MS = 1_000;
/** V8 compiles the code of a reading during the first minutes. A server that has run for an hour has done that. */
const READINGS_BEFORE = 3_600;

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const served = await serve(Server, app, { nodeInternals, ...options });
  const before = metrics(served.io);
  for (let count = 0; count < READINGS_BEFORE; count += 1) await before.register.metrics();
  before.close();
  const reading = new Measured(served.io);
  reading.begin();
  return {
    ...served,
    become(/** @type {string} */ target) {
      // Both changes make the metrics, so that what this costs afterwards is the same for both targets.
      reading.end();
      reading.begin();
      if (!target.endsWith('metrics')) reading.end();
    },
  };
}

/** Metrics of a server, which turn off and on. Only the time with metrics counts for the next reading. */
class Measured {
  #io;
  #leftMs = READ_MS / 2;
  /** @type {(() => void) | undefined} */
  #end = undefined;

  /** @param {Server} io */
  constructor(io) {
    this.#io = io;
  }

  begin() {
    const { register, close } = metrics(this.#io);
    let dueAt = performance.now() + this.#leftMs;
    const read = () => {
      register.metrics();
      dueAt += READ_MS;
      timer = setTimeout(read, dueAt - performance.now());
    };
    let timer = setTimeout(read, this.#leftMs);
    this.#end = () => {
      clearTimeout(timer);
      close();
      this.#leftMs = Math.max(0, dueAt - performance.now());
    };
  }

  end() {
    this.#end?.();
    this.#end = undefined;
  }
}
