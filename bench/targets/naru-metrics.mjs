/**
 * Naru with metrics in a register of prom-client that is read every second, as Prometheus would do it. The server is
 * made in the same way as without metrics: a class that extends `Server` was 3 % slower in an echo by itself.
 */
import { metrics } from '@naru/metrics';
import { Server } from 'naru';
import { nodeInternals } from './naru.mjs';
import { serve } from './socket.io-apps.mjs';

const READ_MS = 1_000;
/**
 * Readings before the load. V8 compiles their code while it is new, on threads whose time counts as the server's. With
 * one reading in a second, that would fall into the measurement.
 */
const READINGS = 500;

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const served = await serve(Server, app, { nodeInternals, ...options });
  const { register } = metrics(served.io);
  for (let reading = 0; reading < READINGS; reading += 1) await register.metrics();
  setInterval(() => register.metrics(), READ_MS).unref();
  return served;
}
