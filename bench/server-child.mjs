/** The child that runs one server under test, and reads its own CPU time and memory on request. */
import { answer } from './channel.mjs';
import { settle, usage } from './usage.mjs';

/**
 * A target with more processes than this one reports its own usage. One that can collect the garbage of its processes
 * has `settle`. One that can change into another target, and back, has `become`.
 * @typedef {{ userMs: number, systemMs: number, rssBytes: number, heapUsedBytes?: number, externalBytes?: number }}
 * Usage
 * @type {{ port: number, count(): number | Promise<number>, stop?(): Promise<void>, usage?(): Usage, settle?():
 * Promise<Usage>, become?(target: string): void } | undefined}
 */
let running;

/**
 * `atMs` is the clock of this process, so that a late reply does no harm. @param {Partial<Usage>} [other] the usage of
 * other processes
 */
async function snapshot(other = running?.usage?.()) {
  const own = { ...usage(), ...other };
  return { atMs: performance.now(), cpuMs: own.userMs + own.systemMs, ...own, count: (await running?.count()) ?? 0 };
}

answer({
  /**
   * @param {string} target file name in targets/, without its ending
   * @param {string} app which of the target's applications to run
   * @param {Record<string, unknown>} options
   * @param {Record<string, unknown>} [load] the options of the load, for a control that knows what comes
   */
  async start(target, app, options, load) {
    const module = await import(`./targets/${target}.mjs`);
    running = await module.start(app, options, load);
    return running?.port;
  },
  /** Closes the server as its documentation describes. */
  async end() {
    await running?.stop?.();
  },
  /** @param {string} target */
  become(target) {
    if (running?.become === undefined) throw new Error(`this server cannot become ${target}`);
    running.become(target);
    // V8 moves young objects of the change to the old generation now, and not in the time of a target.
    for (let time = 0; time < 2; time += 1) globalThis.gc?.({ type: 'minor', execution: 'sync' });
  },
  snapshot: () => snapshot(),
  /** Collects the garbage first. */
  settle: async () => snapshot(await (running?.settle ?? settle)()),
});
