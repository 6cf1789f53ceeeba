/** Time for all processes and pages of the benchmark. They share one machine, so they share one clock. */

/** Milliseconds since 1970, with fractions. */
export function now() {
  return performance.timeOrigin + performance.now();
}

/**
 * Calls back at `offset`, `offset + everyMs` and so on, on the common clock. Late calls do not delay later ones.
 * Returns the function that ends it.
 * @param {number} everyMs
 * @param {number} offsetMs
 * @param {() => void} callback
 */
export function repeat(everyMs, offsetMs, callback) {
  let count = Math.ceil((now() - offsetMs) / everyMs);
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const wait = () => {
    timer = setTimeout(
      () => {
        callback();
        count = Math.max(count + 1, Math.ceil((now() - offsetMs) / everyMs));
        wait();
      },
      offsetMs + count * everyMs - now(),
    );
  };
  wait();
  return () => clearTimeout(timer);
}
