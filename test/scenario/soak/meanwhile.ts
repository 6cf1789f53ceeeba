/** Programs change the rooms of clients that are on their way to a server, or put them out. */
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { payloadOf } from './payload.js';
import { DIRECTED_ROOM } from './plan.js';
import type { SoakClient } from './soak-client.js';
import type { SoakNode } from './soak-node.js';
import type { World } from './world.js';

/** The share of the returns in which that happens, and how often a client is put out then. */
const SHARE = 0.4;
const KICKED = 0.04;
/** The most changes during one return. */
const CHANGES_MAX = 5;
/** Milliseconds after the server has asked for the session, in which that happens, and until another server speaks. */
const WITHIN_MS = 60;
const LATER_MS = 200;

/**
 * The changes of a world. They follow from the seed, the client and the number of its return, so that the shortest
 * trace has them, too.
 */
export class Meanwhile {
  readonly #world: World;
  readonly #returns = new Map<SoakClient, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A server asks for the session of a socket. */
  onAsked(socketId: string, nodeId: number): void {
    const { plan, clients, clock, truth } = this.#world;
    const index = clients.findIndex((each) => each.plan.name === truth.clientOf(socketId));
    const client = clients[index];
    if (!client) return;
    const number = (this.#returns.get(client) ?? 0) + 1;
    this.#returns.set(client, number);
    const random = new SeededRandom(plan.seed * 1_000_000 + index * 10_000 + number);
    if (!random.chance(SHARE)) return;
    const within = Math.min(WITHIN_MS, 4 * (plan.callMs?.[1] ?? WITHIN_MS));
    const change = (): void => this.#change(client, socketId, nodeId, random);
    for (let count = random.integer(1, CHANGES_MAX); count > 0; count -= 1)
      clock.setTimeout(change, random.integer(0, within), undefined);
    clock.setTimeout(() => this.#speak(client, random), LATER_MS, undefined);
  }

  #change(client: SoakClient, socketId: string, nodeId: number, random: SeededRandom): void {
    const world = this.#world;
    const { namespace, rooms } = client.plan;
    // The server to which the client comes hears of a change of its own first.
    const own = world.nodes.find((each) => each?.id === nodeId && each.isOpen);
    const node = own && random.chance(0.5) ? own : this.#any(random);
    if (!node || world.failure) return;
    if (random.chance(KICKED)) {
      world.putOut.add(socketId);
      node.kickFromAfar(namespace, socketId, random.chance(0.5));
      client.kicked(undefined);
    } else {
      node.direct(namespace, random.chance(0.7) ? socketId : random.pick([socketId, ...rooms]), random);
    }
  }

  #speak({ plan }: SoakClient, random: SeededRandom): void {
    if (!this.#world.failure) this.#any(random)?.emit(plan.namespace, [DIRECTED_ROOM], [], payloadOf(random));
  }

  #any(random: SeededRandom): SoakNode | undefined {
    return this.#world.node(random.integer(0, this.#world.plan.nodes - 1));
  }
}
