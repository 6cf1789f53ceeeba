/** Plans how clients enter rooms with history, amid what is said there. */

import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import type { Action, Deed, WorldPlan } from './plan.js';

/** The rooms that clients enter with history. */
export const ENTRY_ROOMS: readonly string[] = ['den', 'hall'];

/** A deed of an entry, or of what surrounds it. */
export type EntryDeed =
  /** A client asks to enter rooms, all at once, with the newest `limit` events of each. */
  | { readonly type: 'visit'; readonly client: number; readonly rooms: readonly string[]; readonly limit: number }
  | { readonly type: 'part'; readonly client: number; readonly room: string }
  /** A client says something in a room, and a server confirms it. */
  | { readonly type: 'shout'; readonly client: number; readonly room: string }
  /** A server emits an event to rooms every few milliseconds. */
  | {
      readonly type: 'chatter';
      readonly node: number;
      readonly namespace: string;
      readonly rooms: readonly string[];
      readonly count: number;
      readonly everyMs: number;
      readonly dice: number;
    }
  /** A server emits so much to a client that the client reads late. */
  | { readonly type: 'flood'; readonly node: number; readonly client: number; readonly count: number };

/** Actions after which somebody enters, in a thousand. */
const ENTRIES = 80;

const CAN_ENTER: ReadonlySet<string> = new Set([
  'own-polling',
  'own-sse',
  'own-websocket',
  'own-any',
  'stock',
  'record',
]);

type Entry = (random: SeededRandom, world: WorldPlan, client: number) => readonly (readonly [at: number, deed: Deed])[];

/** Plans entries between actions. */
export function planEntries(random: SeededRandom, world: WorldPlan, actions: readonly Action[]): Action[] {
  const able = [...world.clients.keys()].filter((index) => CAN_ENTER.has(world.clients[index]?.kind ?? ''));
  const planned: Action[] = [];
  for (const { round, at } of actions) {
    if (able.length === 0 || !random.chance(ENTRIES / 1_000)) continue;
    const client = random.pick(able);
    for (const [after, deed] of random.pick(KINDS)(random, world, client))
      planned.push({ index: 0, round, at: at + after, deed });
  }
  return planned;
}

/** Everybody talks while a client enters one room, or two at once. */
const simply: Entry = (random, world, client) => [
  ...talk(random, world, client),
  [random.integer(0, 200), visit(random, client)],
];

/** The client says something first, and enters when it is confirmed, or earlier. */
const speaking: Entry = (random, world, client) => {
  const said = visit(random, client);
  const words = said.rooms.map((room) => [random.integer(0, 100), { type: 'shout', client, room }] as const);
  return [...talk(random, world, client), ...words, [random.integer(0, 1_500), said]];
};

/** The client leaves, and enters again. */
const again: Entry = (random, world, client) => {
  const said = visit(random, client);
  const parts = said.rooms.map((room) => [random.integer(0, 300), { type: 'part', client, room }] as const);
  return [...talk(random, world, client), [0, said], ...parts, [random.integer(0, 600), said]];
};

/** The connection is lost while the client enters, or its server is killed. */
const disturbed: Entry = (random, world, client) => {
  const node = random.integer(0, world.nodes - 1);
  const at = random.integer(0, 100);
  const fault: Deed = random.chance(0.2)
    ? { type: 'kill', node, ms: random.pick([0, 500, 5_000]) }
    : { type: 'cut', client };
  return [...talk(random, world, client), [at, visit(random, client)], [at + random.integer(0, 150), fault]];
};

/** The client reads late when it enters. */
const late: Entry = (random, world, client) => {
  const node = random.integer(0, world.nodes - 1);
  const ms = random.pick([500, 3_000, 10_000]);
  const count = random.pick([5, 40, 100]);
  return [
    [0, { type: 'hold', client, way: 'down', ms }],
    [10, { type: 'flood', node, client, count }],
    ...talk(random, world, client),
    [random.integer(50, Math.min(ms, 1_500)), visit(random, client)],
  ];
};

const KINDS: readonly Entry[] = [simply, simply, speaking, again, disturbed, late, late];

function visit(random: SeededRandom, client: number) {
  const rooms = random.chance(0.4) ? ENTRY_ROOMS : [random.pick(ENTRY_ROOMS)];
  return { type: 'visit', client, rooms, limit: random.pick([1, 5, 50, 1_000]) } as const;
}

/** Servers speak in the rooms. */
function talk(random: SeededRandom, { nodes, clients }: WorldPlan, client: number): (readonly [number, Deed])[] {
  const count = random.integer(1, 3);
  return Array.from({ length: count }, () => {
    const everyMs = random.pick([1, 5, 20]);
    const deed: Deed = {
      type: 'chatter',
      node: random.integer(0, nodes - 1),
      namespace: clients[client]?.namespace ?? '/',
      rooms: random.pick([['den'], ['hall'], ['den', 'hall'], ['den', 'red'], ['hall', 'blue']]),
      count: random.integer(1, Math.min(60, 600 / everyMs)),
      everyMs,
      dice: random.integer(0, 2 ** 32 - 1),
    };
    return [random.integer(0, 50), deed] as const;
  });
}
