/** Long speeches of servers: a conversation in a room, and more than a client can take. */
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { payloadOf } from './payload.js';
import type { Deed, WorldPlan } from './plan.js';
import type { SoakClient } from './soak-client.js';
import type { SoakNode } from './soak-node.js';

/** Has a server emit an event to rooms every few milliseconds. */
export function chatter(node: SoakNode, deed: Extract<Deed, { type: 'chatter' }>): void {
  const { namespace, rooms, everyMs, dice } = deed;
  const random = new SeededRandom(dice);
  const speak = (left: number): void => {
    if (!node.isOpen) return;
    node.emit(namespace, rooms, [], payloadOf(random));
    if (left > 1) node.clock.setTimeout(speak, everyMs, left - 1);
  };
  speak(deed.count);
}

/** Has a server emit many events to a client and others, all at once. */
export function flood(
  node: SoakNode,
  { client, count }: Extract<Deed, { type: 'flood' }>,
  { clients }: WorldPlan,
): void {
  const { namespace = '/', rooms = [] } = clients[client] ?? {};
  for (let each = 0; each < count && node.isOpen; each += 1)
    node.emit(namespace, rooms.slice(0, 1), [], ['x'.repeat(1_000)]);
}

/** Sends messages to the socket of a client. Another one to everybody sometimes shows that they come first. */
export function whisper(node: SoakNode, { course, plan }: SoakClient, count: number): void {
  if (course.socketId === '') return;
  for (let each = 0; each < count && node.isLiving; each += 1) node.emit(plan.namespace, [course.socketId], [], [each]);
  if (count === 1 && node.isLiving) node.emit(plan.namespace, [], [], [count]);
}
