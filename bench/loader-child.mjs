/** The child that creates the load. It runs one load at a time; each is a class in load/ with its own calls. */
import { readSync } from 'node:fs';
import { answer } from './channel.mjs';

/** @type {any} */
let load;

answer({
  /**
   * @param {string} kind file name in load/
   * @param {Record<string, unknown>} options
   */
  async open(kind, options) {
    const module = await import(`./load/${kind}.mjs`);
    load = new module.Load(options);
    await load.open();
  },
  /** @param {string} name @param {...unknown} args */
  run(name, ...args) {
    return load[name](...args);
  },
  /** Stands still until the parent resumes this process, or ends. The answer goes out before that. */
  pause() {
    setImmediate(() => readSync(0, new Uint8Array(1)));
  },
  snapshot() {
    const cpu = process.cpuUsage();
    return {
      atMs: performance.now(),
      cpuMs: (cpu.user + cpu.system) / 1000,
      userMs: cpu.user / 1000,
      count: load?.count,
    };
  },
});
