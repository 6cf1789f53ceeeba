/**
 * Many namespaces that are mostly idle: their creation, the memory of the node, and that of the home. Each second some
 * of them wake up: the program emits an event there. A minute later they are idle again. Clients and their sessions are
 * left out.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { settle } from '../usage.mjs';
import { openHome, timed } from './home.mjs';

/** Seconds after which a namespace is idle, and some for the rest of the work. */
const IDLE_S = 66;
/** Namespaces that are made before, so that V8 has compiled what makes them. */
const WARM_UP = 2_000;
/** A quick run has so many. */
const QUICK = 5_000;

/**
 * @param {string} target
 * @param {{ namespaces: number, waking: number, seconds: number }} options `waking` of them wake up each second
 * @param {{ isQuick: boolean }} settings
 */
export async function measure(target, { namespaces, waking, seconds }, { isQuick }) {
  const { Server } = await import('naru');
  const count = isQuick ? QUICK : namespaces;
  const home = await openHome(target, { isStored: false });
  const { backplane } = home;
  const recovery = target === 'naru' ? {} : { connectionStateRecovery: {} };
  const io = new Server({ ...recovery, ...(backplane && { backplane }), printNodes: false });
  try {
    await io.ready();
    const make = (/** @type {number} */ length, /** @type {string} */ name) =>
      Array.from({ length }, (_, at) => io.of(`/${name}-${at}`).on('connection', () => undefined));
    make(WARM_UP, 'before');
    const [before, homeBefore] = [await liveBytes(), await home.bytes()];
    /** @type {ReturnType<typeof make>} */
    let all = [];
    const making = await timed(() => {
      all = make(count, 'chat');
    });
    const made = await liveBytes();
    let at = 0;
    const wakingTime = await timed(async () => {
      for (let second = 0; second < seconds; second += 1) {
        const end = performance.now() + 1_000;
        for (let left = waking; left > 0; left -= 1, at = (at + 1) % count) all[at]?.emit('message', 'hello');
        await delay(Math.max(0, end - performance.now()));
      }
    });
    const wakes = waking * seconds;
    const woken = Math.min(wakes, count);
    const awake = await liveBytes();
    await delay(1_000 * IDLE_S);
    const after = await liveBytes();
    return {
      idleBytes: (made - before) / count,
      creationMicros: (making.cpuMs * 1_000) / count,
      wakeMicros: (wakingTime.cpuMs * 1_000) / wakes,
      awakeBytes: (awake - made) / woken,
      againBytes: (after - made) / woken,
      nodeMiB: (after - before) / 2 ** 20,
      homeBytes: ((await home.bytes()) - homeBefore) / woken,
    };
  } finally {
    await io.close();
    await home.close();
  }
}

/** Returns the bytes of live objects and buffers. */
async function liveBytes() {
  const { heapUsedBytes, externalBytes } = await settle();
  return heapUsedBytes + externalBytes;
}
