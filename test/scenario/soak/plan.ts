/** The plan of a seed: a world and all actions in it. All is decided in advance, so single actions can be left out. */

import { markSocketId } from '../../../packages/naru/src/base/node/socket-ids.js';
import type { LinkOptions, Range } from '../../../packages/testing/src/pipe.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { type EntryDeed, planEntries } from './plan-entries.js';
import { planWhispers } from './plan-whispers.js';

/** The wires of clients. */
export type ClientKind =
  | 'own-polling'
  | 'own-sse'
  | 'own-websocket'
  | 'own-any'
  | 'stock'
  | 'record'
  | 'events'
  | 'stomp'
  | 'stomp-durable';

/** A client of the world. */
export interface ClientPlan {
  readonly name: string;
  readonly kind: ClientKind;
  readonly namespace: string;
  readonly rooms: readonly string[];
}

/** A world. */
export interface WorldPlan {
  readonly seed: number;
  readonly nodes: number;
  /** Whether the log and the store outlive servers. */
  readonly isDurable: boolean;
  /** Milliseconds of a call to the log, each way; `undefined` for at once. */
  readonly callMs: Range | undefined;
  readonly followMs: Range;
  /** The shares of calls that break the connection to the log, and of its batches that come in pieces or not at all. */
  readonly breakChance: number;
  readonly splitChance: number;
  readonly dropChance: number;
  readonly keepsTagsApart: boolean;
  /** The limits of the log: milliseconds and bytes. */
  readonly ageMs: number;
  readonly bytes: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxDisconnectionDuration: number;
  readonly lateBytesMax: number;
  /** Whether late readers wait for each other. */
  readonly isCrowded: boolean;
  /** Milliseconds that the middleware of a namespace takes, `undefined` without middleware. */
  readonly middlewareMs: Range | undefined;
  readonly link: LinkOptions;
  readonly clients: readonly ClientPlan[];
  /** The number of clients in the main namespaces, which come first. The visitors follow. */
  readonly regulars: number;
}

/** The possible actions in a world. `dice` decides the details of an action: 0 to 2^32 - 1. */
export type Deed =
  | EntryDeed
  | {
      readonly type: 'emit';
      readonly node: number;
      readonly count: number;
      readonly dice: number;
      readonly namespace?: string;
    }
  | { readonly type: 'volatile'; readonly node: number; readonly dice: number; readonly namespace?: string }
  | { readonly type: 'whisper'; readonly client: number; readonly node: number; readonly count: number }
  | { readonly type: 'op'; readonly client: number; readonly count: number }
  | { readonly type: 'say'; readonly client: number; readonly count: number }
  | { readonly type: 'enter'; readonly client: number; readonly room: string }
  | { readonly type: 'exit'; readonly client: number; readonly room: string }
  | { readonly type: 'mood'; readonly client: number; readonly state: number }
  | { readonly type: 'cut'; readonly client: number }
  | { readonly type: 'away'; readonly client: number; readonly ms: number }
  | { readonly type: 'cut-all' }
  | { readonly type: 'hold'; readonly client: number; readonly way: 'up' | 'down' | 'both'; readonly ms: number }
  | { readonly type: 'hold-all'; readonly ms: number }
  | { readonly type: 'network'; readonly link: LinkOptions }
  | { readonly type: 'leave'; readonly client: number; readonly ms: number }
  | { readonly type: 'move'; readonly client: number; readonly node: number }
  | { readonly type: 'kick'; readonly client: number; readonly isClose: boolean }
  | { readonly type: 'history'; readonly node: number; readonly dice: number }
  | { readonly type: 'pause'; readonly node: number; readonly ms: number }
  | { readonly type: 'restart'; readonly node: number; readonly isDrained: boolean; readonly ms: number }
  | { readonly type: 'kill'; readonly node: number; readonly ms: number }
  | {
      readonly type: 'kill-in';
      readonly node: number;
      readonly call: 'append' | 'set';
      readonly isDone: boolean;
      readonly ms: number;
    }
  | { readonly type: 'cut-line'; readonly node: number; readonly ms: number }
  | { readonly type: 'home'; readonly way: 'stop' | 'pause'; readonly ms: number }
  | { readonly type: 'forget'; readonly ms: number }
  | { readonly type: 'refuse-texts'; readonly ms: number }
  | { readonly type: 'lose-texts'; readonly share: number; readonly dice: number }
  | {
      readonly type: 'stall-texts';
      readonly node: number;
      readonly isLost: boolean;
      readonly dice: number;
      readonly ms: number;
    };

/** A deed with its place. The time is in milliseconds from the start of its round. */
export interface Action {
  readonly index: number;
  readonly round: number;
  readonly at: number;
  readonly deed: Deed;
}

/** Milliseconds of a round. The calm time after it must bring everything in order. */
export const ROUND_MS: Range = [30_000, 150_000];
export const CALM_MS = 60_000;

const KINDS: readonly ClientKind[] = [
  'own-polling',
  'own-sse',
  'own-websocket',
  'own-any',
  'stock',
  'stock',
  'record',
  'events',
  'stomp',
  'stomp-durable',
];
const NAMESPACES = ['/', '/', '/chat'];
/** Namespaces whose clients come and go, so that a server often has none in them. */
export const VISITED: readonly string[] = ['/inn', '/ferry'];
/**
 * Rooms of clients from the start, and rooms that they join and leave. One of these has the form of a socket id, so a
 * home carries its events only to servers that have members.
 */
export const HOME_ROOMS: readonly string[] = ['red', 'green', 'blue'];
export const SIDE_ROOMS: readonly string[] = ['north', markSocketId('southsouthsouthsouth')];
/** The room that servers make sockets of all servers join and leave. */
export const DIRECTED_ROOM = markSocketId('westwestwestwestwest');

/** Plans the world of a seed. */
export function planWorld(seed: number): WorldPlan {
  const random = new SeededRandom(seed);
  const isDurable = random.chance(0.8);
  // Neighbouring seeds have different numbers of servers, so that a few seeds have all of them.
  const nodes = isDurable ? 1 + (seed % 3) : 1;
  const count = random.integer(5, 13);
  const pingInterval = random.pick([2_000, 10_000, 25_000]);
  // Drawn apart, so that the other plans of a seed stay what they were.
  const faults = new SeededRandom(seed ^ 0x1a7e);
  const visitors = planVisitors(new SeededRandom(seed ^ 0x7151), count);
  return {
    seed,
    nodes,
    isDurable,
    breakChance: faults.pick([0, 0.002, 0.02]),
    splitChance: faults.pick([0, 0.3]),
    dropChance: faults.pick([0, 0.02, 0.2]),
    keepsTagsApart: faults.chance(0.5),
    callMs: random.pick([undefined, [0, 3], [1, 40]] as const),
    followMs: random.pick([
      [0, 2],
      [1, 50],
      [10, 400],
    ] as const),
    ageMs: random.pick([60_000, 600_000, 3_600_000]),
    bytes: random.pick([30_000, 300_000, 10_000_000]),
    pingInterval,
    pingTimeout: Math.round(pingInterval * 0.6),
    maxDisconnectionDuration: random.pick([15_000, 60_000, 120_000]),
    lateBytesMax: random.pick([2_000, 30_000, 1_048_576]),
    isCrowded: new SeededRandom(seed ^ 0x4c0d).chance(0.5),
    middlewareMs: new SeededRandom(seed ^ 0x3d1e).pick([undefined, [0, 30], [1, 1_500]] as const),
    link: planLink(random),
    regulars: count,
    clients: [
      ...Array.from({ length: count }, (_, index) => ({
        name: `c${index}`,
        kind: KINDS[(index + seed) % KINDS.length] ?? 'stock',
        namespace: random.pick(NAMESPACES),
        rooms: planRooms(random, index + seed),
      })),
      ...visitors,
    ],
  };
}

/** The first namespace has one visitor, and the second has two. */
function planVisitors(random: SeededRandom, regulars: number): ClientPlan[] {
  return [0, 1, 1].map((namespace, index) => {
    const number = random.integer(0, KINDS.length - 1);
    return {
      name: `c${regulars + index}`,
      kind: KINDS[number] ?? 'stock',
      namespace: VISITED[namespace] ?? '',
      rooms: planRooms(random, number),
    };
  });
}

/** STOMP clients have one room, for their one subscription. */
function planRooms(random: SeededRandom, number: number): string[] {
  const rooms = HOME_ROOMS.filter(() => random.chance(0.5));
  return KINDS[number % KINDS.length]?.startsWith('stomp') ? [rooms[0] ?? 'red'] : rooms;
}

function planLink(random: SeededRandom): LinkOptions {
  return {
    splitsMax: random.integer(0, 4),
    delayMs: random.pick([
      [0, 0],
      [0, 20],
      [5, 80],
      [20, 400],
    ] as const),
    windowBytes: random.pick([500, 4_000, 65_536]),
    cutAfterBytes: random.pick([undefined, undefined, [500, 6_000], [5_000, 60_000]] as const),
  };
}

/** Plans all actions of a seed for some minutes. With `isEntering`, clients enter rooms with history. */
export function planActions(world: WorldPlan, minutes: number, isEntering = false): Action[] {
  const random = new SeededRandom(world.seed ^ 0x50a4);
  const actions: Action[] = [];
  let left = minutes * 60_000;
  for (let round = 0; left > 0; round += 1) {
    const length = random.integer(...ROUND_MS);
    left -= length + CALM_MS;
    // Little happens in a quiet round, to test waits that are longer than the log and the sessions last.
    const spacing = random.chance(0.15) ? 30_000 : random.integer(300, 1_500);
    for (let at = random.integer(0, spacing); at < length; at += random.integer(0, 2 * spacing))
      actions.push({ index: actions.length, round, at, deed: planDeed(random, world) });
  }
  let all = merge(actions, planVisits(world, actions));
  if (world.nodes > 1) all = merge(all, planMoves(world, actions));
  all = merge(all, planWhispers(world, actions));
  if (world.callMs) all = merge(merge(all, planHomeFaults(world, actions)), planTextFaults(world, actions));
  return isEntering ? merge(all, planEntries(new SeededRandom(world.seed ^ 0xe27e), world, actions)) : all;
}

/** Merges actions in the order of their times. */
function merge(actions: readonly Action[], more: readonly Action[]): Action[] {
  const sorted = [...actions, ...more].sort((one, other) => one.round - other.round || one.at - other.at);
  return sorted.map((action, index) => ({ ...action, index }));
}

/**
 * Plans what happens in the visited namespaces. It is drawn apart, so that the other actions of a seed stay what they
 * were.
 */
function planVisits(world: WorldPlan, actions: readonly Action[]): Action[] {
  const random = new SeededRandom(world.seed ^ 0x7152);
  const visits: Action[] = [];
  for (const { round, at } of actions) {
    if (!random.chance(0.4)) continue;
    visits.push({ index: 0, round, at: at + random.integer(0, 500), deed: planVisit(random, world) });
  }
  return visits;
}

function planVisit(random: SeededRandom, { nodes, regulars, clients }: WorldPlan): Deed {
  const namespace = random.pick(VISITED);
  const node = random.integer(0, nodes - 1);
  const client = random.integer(regulars, clients.length - 1);
  const dice = random.integer(0, DICE_MAX);
  const ms = random.pick([500, 5_000, 12_000, 14_000, 30_000, 50_000]);
  const choice = random.integer(0, 9);
  if (choice < 4) return { type: 'emit', node, count: burst(random), dice, namespace };
  if (choice < 5) return { type: 'volatile', node, dice, namespace };
  if (choice < 7) return { type: 'move', client, node };
  if (choice < 8) return { type: 'leave', client, ms };
  return random.chance(0.2) ? { type: 'kick', client, isClose: true } : { type: 'away', client, ms };
}

/** Has clients wander between servers. Drawn apart, too. */
function planMoves({ seed, nodes, regulars }: WorldPlan, actions: readonly Action[]): Action[] {
  const random = new SeededRandom(seed ^ 0x3035);
  return actions
    .filter(() => random.chance(0.15))
    .map(({ round, at }) => {
      const client = random.integer(0, regulars - 1);
      const deed: Deed = { type: 'move', client, node: random.integer(0, nodes - 1) };
      return { index: 0, round, at: at + random.integer(0, 500), deed };
    });
}

/** Plans faults of a home that is far away. They are drawn apart, too. */
function planHomeFaults(world: WorldPlan, actions: readonly Action[]): Action[] {
  const random = new SeededRandom(world.seed ^ 0x40e5);
  const faults: Action[] = [];
  for (const { round, at } of actions) {
    if (!random.chance(0.02)) continue;
    faults.push({ index: 0, round, at: at + random.integer(0, 500), deed: planHomeFault(random, world) });
  }
  return faults;
}

function planHomeFault(random: SeededRandom, { nodes }: WorldPlan): Deed {
  const ms = random.pick([0, 300, 2_000, 6_000]);
  const way = random.pick(['stop', 'pause', 'cut-line', 'cut-line', 'forget'] as const);
  if (way === 'cut-line') return { type: 'cut-line', node: random.integer(0, nodes - 1), ms };
  if (way === 'forget') return { type: 'forget', ms: random.pick([10, 100, 1_000]) };
  return { type: 'home', way, ms };
}

/** Plans faults of the texts of sessions. Drawn apart, too. */
function planTextFaults(world: WorldPlan, actions: readonly Action[]): Action[] {
  const random = new SeededRandom(world.seed ^ 0x7e87);
  return actions
    .filter(() => random.chance(0.03))
    .map(({ round, at }) => ({ index: 0, round, at: at + random.integer(0, 500), deed: planTextFault(random, world) }));
}

function planTextFault(random: SeededRandom, { nodes }: WorldPlan): Deed {
  const dice = random.integer(0, DICE_MAX);
  const way = random.pick(['refuse-texts', 'lose-texts', 'stall-texts'] as const);
  if (way === 'refuse-texts') return { type: way, ms: random.pick([100, 1_000, 5_000]) };
  if (way === 'lose-texts') return { type: way, share: random.pick([0.2, 1]), dice };
  const node = random.integer(0, nodes - 1);
  return { type: way, node, isLost: random.chance(0.5), dice, ms: random.pick([200, 2_000, 15_000]) };
}

type Planner = (random: SeededRandom, world: WorldPlan, who: { client: number; node: number }) => Deed;

const DICE_MAX = 2 ** 32 - 1;

/** The possible deeds, with their frequency per thousand. */
const DEEDS: readonly (readonly [weight: number, plan: Planner])[] = [
  [440, (random, _, { node }) => ({ type: 'emit', node, count: burst(random), dice: random.integer(0, DICE_MAX) })],
  [30, (random, _, { node }) => ({ type: 'volatile', node, dice: random.integer(0, DICE_MAX) })],
  [110, (random, _, { client }) => ({ type: 'op', client, count: random.integer(1, 4) })],
  [40, (random, _, { client }) => ({ type: 'say', client, count: random.integer(1, 4) })],
  [35, (random, _, { client }) => ({ type: 'enter', client, room: random.pick(SIDE_ROOMS) })],
  [25, (random, _, { client }) => ({ type: 'exit', client, room: random.pick(SIDE_ROOMS) })],
  [30, (random, _, { client }) => ({ type: 'mood', client, state: random.integer(0, 1_000) })],
  [80, (_random, _, { client }) => ({ type: 'cut', client })],
  [8, () => ({ type: 'cut-all' })],
  [
    50,
    (random, _, { client }) => ({
      type: 'hold',
      client,
      way: random.pick(['up', 'down', 'both'] as const),
      ms: random.pick([500, 3_000, 10_000, 30_000]),
    }),
  ],
  [5, (random) => ({ type: 'hold-all', ms: random.pick([1_000, 8_000, 30_000]) })],
  [12, (random) => ({ type: 'network', link: planLink(random) })],
  [15, (random, _, { client }) => ({ type: 'leave', client, ms: random.integer(0, 20_000) })],
  [30, (random, { nodes }, { client }) => ({ type: 'move', client, node: random.integer(0, nodes - 1) })],
  [8, (random, _, { client }) => ({ type: 'kick', client, isClose: random.chance(0.5) })],
  [30, (random, _, { node }) => ({ type: 'history', node, dice: random.integer(0, DICE_MAX) })],
  [10, (random, _, { node }) => ({ type: 'pause', node, ms: random.pick([200, 1_000, 5_000, 15_000]) })],
  [
    12,
    (random, _, { node }) => ({
      type: 'restart',
      node,
      isDrained: random.chance(0.7),
      ms: random.pick([0, 500, 5_000, 20_000]),
    }),
  ],
  [12, (random, _, { node }) => ({ type: 'kill', node, ms: random.pick([0, 500, 5_000, 20_000]) })],
  [
    12,
    (random, _, { node }) => ({
      type: 'kill-in',
      node,
      call: random.pick(['append', 'set'] as const),
      isDone: random.chance(0.5),
      ms: random.pick([0, 500, 5_000]),
    }),
  ],
];
const WEIGHTS = DEEDS.reduce((sum, [weight]) => sum + weight, 0);

function planDeed(random: SeededRandom, world: WorldPlan): Deed {
  const who = {
    client: random.integer(0, world.regulars - 1),
    node: random.integer(0, world.nodes - 1),
  };
  let dice = random.integer(0, WEIGHTS - 1);
  for (const [weight, plan] of DEEDS) {
    if (dice < weight) return plan(random, world, who);
    dice -= weight;
  }
  return { type: 'cut', client: who.client };
}

/** Usually a few, sometimes many. */
function burst(random: SeededRandom): number {
  return random.chance(0.05) ? random.integer(20, 120) : random.integer(1, 5);
}
