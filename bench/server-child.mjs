/** The child that runs one server under test, and reads its own CPU time and memory on request. */
import { setTimeout as delay } from 'node:timers/promises';
import { answer } from './channel.mjs';

/**
 * A target with more processes than this one reports its own usage.
 * @type {{ port: number, count(): number, stop?(): Promise<void>, usage?(): { userMs: number, systemMs: number, rssBytes: number
 * } } | undefined}
 */
let running;

/** Returns the numbers of the kernel and V8 for this process. `atMs` is its own clock, so that a late reply does no harm. */
function snapshot() {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  const own = { userMs: cpu.user / 1000, systemMs: cpu.system / 1000, rssBytes: memory.rss };
  const { userMs, systemMs, rssBytes } = running?.usage?.() ?? own;
  return {
    atMs: performance.now(),
    cpuMs: userMs + systemMs,
    userMs,
    systemMs,
    rssBytes,
    heapUsedBytes: memory.heapUsed,
    externalBytes: memory.external,
    count: running?.count() ?? 0,
  };
}

/** Collects garbage until RSS changes by less than half a percent, at most ten times. This is the same for every target. */
async function settle() {
  let before = 0;
  for (let index = 0; index < 10; index++) {
    globalThis.gc?.();
    await delay(150);
    globalThis.gc?.();
    await delay(150);
    const rss = process.memoryUsage.rss();
    if (Math.abs(rss - before) < before * 0.005) break;
    before = rss;
  }
  return snapshot();
}

answer({
  cpu() {
    const { user, system } = process.cpuUsage();
    const { userMs = 0, systemMs = 0 } = running?.usage?.() ?? {};
    return { cpuMs: (user + system) / 1000 + userMs + systemMs };
  },
  /**
   * @param {string} target file name in targets/, without its ending
   * @param {string} app which of the target's applications to run
   * @param {Record<string, unknown>} options
   */
  async start(target, app, options) {
    const module = await import(`./targets/${target}.mjs`);
    running = await module.start(app, options);
    return running?.port;
  },
  /** Closes the server as its documentation describes. */
  async end() {
    await running?.stop?.();
  },
  snapshot,
  settle,
});
