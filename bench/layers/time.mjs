/** Times one operation in this process, for all layer benchmarks. */
import { spread } from '../statistics.mjs';

const SAMPLE_MS = 150;
const SAMPLES = 7;

/** @param {number} ns */
function duration(ns) {
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  return ns >= 1e4 ? `${(ns / 1e3).toFixed(1)} µs` : `${ns.toFixed(1)} ns`;
}

/**
 * Prints the median time of an operation, with the smallest and largest of seven samples. `run` gets a count and
 * repeats the operation that often in its own loop. Its result keeps the optimiser from dropping the work.
 * @param {string} title
 * @param {(count: number) => unknown} run
 * @param {{ perRun?: number }} [options] how many things one operation does; the time is for one thing
 */
export function time(title, run, { perRun = 1 } = {}) {
  let count = 1;
  for (let took = 0; took < SAMPLE_MS; ) {
    const started = performance.now();
    run(count);
    took = performance.now() - started;
    if (took < SAMPLE_MS) count = Math.ceil(count * Math.min(10, (SAMPLE_MS * 1.2) / Math.max(took, 0.01)));
  }
  const samples = [];
  for (let index = 0; index < SAMPLES; index++) {
    const started = performance.now();
    kept = run(count);
    samples.push(((performance.now() - started) * 1e6) / count / perRun);
  }
  const { median, min, max } = spread(samples);
  console.log(`${title.padEnd(64)} ${duration(median).padStart(10)}  (${duration(min)} – ${duration(max)})`);
}

/** Holds the last result, so that it is used. */
export let kept = /** @type {unknown} */ (undefined);
