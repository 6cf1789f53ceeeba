/** The CPU time and the memory of one process, as the kernel and V8 count them. */
import { setTimeout as delay } from 'node:timers/promises';

/** Returns the CPU time and the memory of this process. */
export function usage() {
  const cpu = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    userMs: cpu.user / 1000,
    systemMs: cpu.system / 1000,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
  };
}

/**
 * Collects garbage until RSS changes by less than half a percent, at most ten times. This is the same for every target.
 */
export async function settle() {
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
  return usage();
}
