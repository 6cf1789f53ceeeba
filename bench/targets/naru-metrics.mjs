/**
 * Naru with metrics in a register of prom-client that is read every second, as Prometheus would do it. The server is
 * made in the same way as without metrics: a class that extends `Server` was 3 % slower in an echo by itself.
 */
import { metrics } from '@naru/metrics';
import { Server } from 'naru';
import { nodeInternals } from './naru.mjs';
import { serve } from './socket.io-apps.mjs';

const READ_MS = 1_000;

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const served = await serve(Server, app, { nodeInternals, ...options });
  const { register } = metrics(served.io);
  setInterval(() => register.metrics(), READ_MS).unref();
  return served;
}
