/** Naru with metrics in a register of prom-client that is read every second, as Prometheus would do it. */
import { metrics } from '@naru/metrics';
import { Server } from 'naru';
import { nodeInternals } from './naru.mjs';
import { serve } from './socket.io-apps.mjs';

const READ_MS = 1_000;

class MeasuredServer extends Server {
  /** @param {any} server @param {any} options */
  constructor(server, options) {
    super(server, options);
    const { register } = metrics(this);
    setInterval(() => register.metrics(), READ_MS).unref();
  }
}

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(MeasuredServer, app, { nodeInternals, ...options });
}
