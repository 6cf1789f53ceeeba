/** Reads the history of rooms, and compares it with the sent events. */
import { decodeOffset, type Offset } from '../../../packages/naru/src/backplane/backplane.js';
import type { HistoryPage } from '../../../packages/naru/src/namespace/history/history.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { HOME_ROOMS, SIDE_ROOMS, VISITED } from './plan.js';
import { NAMESPACES, type SoakNode } from './soak-node.js';
import { type Kept, Violation } from './truth.js';
import type { World } from './world.js';

/** Checks that the history equals the sent events, as far as the log reaches. */
export async function expectHistory(world: World, settled: <T>(asked: Promise<T>) => Promise<T>): Promise<void> {
  const { nodes, home, truth } = world;
  const node = nodes.find((each) => each !== undefined);
  if (!node) return;
  for (const name of [...NAMESPACES, ...VISITED]) {
    const log = truth.of(name);
    const room = [...HOME_ROOMS, ...SIDE_ROOMS][log.end % 5] ?? 'red';
    const found: number[] = [];
    let before: Offset | undefined;
    do {
      const page: HistoryPage = await settled(node.io.of(name).history(room, { before, limit: 50 }));
      found.unshift(...page.events.map(({ offset }) => decodeOffset(offset) ?? 0));
      before = page.next;
    } while (before !== undefined);
    const oldest = log.end - home.log.extent(name).count + 1;
    const expected = log.kept
      .slice(oldest - 1)
      .filter(({ rooms, sequence, isForgotten }) => rooms.includes(room) && !isForgotten && !log.erased.has(sequence));
    const surely = found.filter((sequence) => sequence >= oldest);
    if (String(surely) !== String(expected.map(({ sequence }) => sequence)))
      throw new Violation(
        `history of ${room} in ${name} is ${surely}, expected ${expected.map(({ sequence }) => sequence)}`,
      );
  }
}

/** Erases the events of a room. */
function erase(world: World, node: SoakNode, name: string, room: string): void {
  node.io
    .of(name)
    .erase({ room })
    .catch((error) => node.isLiving && !node.isExcused(error) && world.fail(error));
}

/** Checks that any page of the history has the sent events, in order. */
export function askHistory(world: World, node: SoakNode, dice: number): void {
  const random = new SeededRandom(dice);
  const name = random.pick(NAMESPACES);
  const room = random.pick(HOME_ROOMS);
  world.counts.histories += 1;
  if (dice % 2 === 0) erase(world, node, name, random.pick(HOME_ROOMS));
  node.io
    .of(name)
    .history(room, { limit: random.integer(1, 60) })
    .then(({ events }) => {
      const log = world.truth.of(name);
      const first = decodeOffset(events[0]?.offset) ?? 0;
      const last = decodeOffset(events.at(-1)?.offset) ?? -1;
      const ids = new Set(events.map(({ args }) => args[0]));
      // An event may have been erased since it was read.
      const isThere = ({ sequence, sent, isForgotten }: Kept): boolean =>
        !isForgotten && (!log.erased.has(sequence) || ids.has(sent?.id));
      const expected = log.kept.slice(first - 1, last).filter((each) => each.rooms.includes(room) && isThere(each));
      if (
        events.length > 0 &&
        String(events.map(({ args }) => args[0])) !== String(expected.map(({ sent }) => sent?.id))
      )
        world.fail(new Violation(`a page of the history of ${room} in ${name} differs from the sent events`));
    })
    .catch((error) => node.isLiving && !node.isExcused(error) && world.fail(error));
}
