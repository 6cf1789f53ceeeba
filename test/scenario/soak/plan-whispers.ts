/** Plans the messages of servers to single sockets. */
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import type { Action, Deed, WorldPlan } from './plan.js';

/** Has servers send messages to single sockets, wherever these are. It is drawn apart from the other plans. */
export function planWhispers({ seed, nodes, clients }: WorldPlan, actions: readonly Action[]): Action[] {
  const random = new SeededRandom(seed ^ 0x3b15);
  return actions
    .filter(() => random.chance(0.5))
    .map(({ round, at }) => {
      const [client, node] = [random.integer(0, clients.length - 1), random.integer(0, nodes - 1)];
      const deed: Deed = { type: 'whisper', client, node, count: random.integer(1, 3) };
      return { index: 0, round, at: at + random.integer(0, 300), deed };
    });
}
