/**
 * Backplanes in memory that answer later. Memory carries a request out at once, and only the answer takes its time.
 * `later` decides when that is.
 */

import { RemoteBackplane } from '../../.build.modules/packages/broker/src/remote-backplane.js';
import { memoryBackplane } from '../../.build.modules/packages/naru/src/backplane/memory.js';
import { systemClock } from '../../.build.modules/packages/naru/src/base/clock.js';

/** @typedef {(call: () => void) => void} Later */

/** The delay of an answer in the rows. */
export const LATE_MS = 0.5;

/** Returns a log and a store in memory, bounded like those that `connectionStateRecovery` makes. */
export function memory() {
  return memoryBackplane(systemClock, { ageMs: 120_000, bytes: 64 * 1024 ** 2 });
}

/**
 * A backplane whose log and store return promises. Nothing else stands between them and memory. @param {Later} later
 */
export function lateBackplane(later) {
  const { log, store, talk } = memory();
  const late = (/** @type {any} */ target, /** @type {readonly string[]} */ names) =>
    Object.fromEntries(
      names.map((name) => [name, (/** @type {unknown[]} */ ...args) => answer(later, () => target[name](...args))]),
    );
  return {
    name: 'late',
    log: {
      ...late(log, ['append', 'read', 'readBack', 'extent', 'erase']),
      isRemote: true,
      retain: log.retain.bind(log),
      follow: (/** @type {string} */ namespace) => {
        const { ready, end } = log.follow(namespace, { onMore() {}, onBatch() {} });
        return { ready: answer(later, () => ready), end };
      },
    },
    store: {
      isDurable: false,
      ...late(store, ['get', 'set', 'delete', 'swap', 'list']),
      table: (/** @type {string} */ name) => late(store.table(name), ['put', 'get', 'remove', 'list']),
    },
    talk,
    close: () => Promise.resolve(),
  };
}

/** The backplane for homes on other machines, on a link to memory. @param {Later} later */
export function remoteBackplane(later) {
  const { log, store, talk } = memory();
  const nothing = () => undefined;
  /** @type {Record<string, (...args: any[]) => unknown>} */
  const others = {
    // Nobody else appends.
    follow: async (namespace) => (await log.extent(namespace)).newest,
    unfollow: nothing,
    ping: nothing,
    knows: async (namespace, offset) => offset <= (await log.extent(namespace)).newest,
    tablePut: (_store, table, key, value, leaseMs) => store.table(table).put(key, value, leaseMs),
    tableGet: (_store, table, key) => store.table(table).get(key),
    tableRemove: (_store, table, key, expected) => store.table(table).remove(key, expected),
    tableList: (_store, table, limit, unless) => store.table(table).list(limit, unless),
  };
  /** @type {import('../../packages/broker/src/home.js').Uplink} */
  const link = {
    call: ({ method, args }) =>
      answer(later, () => {
        if (others[method]) return others[method](...args);
        if (method in log) return /** @type {any} */ (log)[method](...args);
        const [, ...rest] = args;
        return /** @type {any} */ (store)[method](...rest);
      }),
    // No other process is there to say anything.
    say: async () => false,
    hear: async () => undefined,
    unhear: nothing,
    close: nothing,
  };
  return new RemoteBackplane({ name: 'remote', home: { connect: async () => link }, isDurable: false, talk });
}

/** @param {Later} later @param {() => unknown} carryOut @returns {Promise<any>} */
function answer(later, carryOut) {
  return new Promise((resolve, reject) => {
    try {
      const value = carryOut();
      later(() => resolve(value));
    } catch (error) {
      later(() => reject(error));
    }
  });
}
