/** A backplane in memory for several servers of one test. */
import type { Backplane, Log, LogFollower } from '../../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../packages/naru/src/backplane/memory.js';
import { after } from '../../../packages/naru/src/base/steps/answer.js';
import type { FakeClock } from '../../../packages/testing/src/index.js';

/**
 * Returns a backplane that outlives its servers, and tells each of them when another one has appended. With `isLate`, a
 * swap takes a moment, as on a folder.
 */
export function sharedMemory(clock: FakeClock, isLate = false): Backplane {
  const memory = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const followers = new Set<LogFollower>();
  const log: Log = {
    append: (...args) => {
      for (const each of followers) clock.defer(() => each.onMore(), undefined);
      return memory.log.append(...args);
    },
    read: (...args) => memory.log.read(...args),
    readBack: (...args) => memory.log.readBack(...args),
    extent: (namespace) => memory.log.extent(namespace),
    erase: (...args) => memory.log.erase(...args),
    retain: (...args) => memory.log.retain(...args),
    follow: (namespace, follower) => {
      followers.add(follower);
      return {
        end: () => followers.delete(follower),
        ready: after(memory.log.extent(namespace), ({ newest }) => newest),
      };
    },
  };
  const store = Object.assign(memory.store, { isDurable: true });
  const swap = store.swap.bind(store);
  if (isLate) store.swap = async (...args) => swap(...args);
  return { ...memory, log, store };
}
