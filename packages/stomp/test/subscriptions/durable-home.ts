/** A store that several nodes share, for tests of durable subscriptions. */

import { stompSettings } from '../../../../test/kit/clients/stomp-tester.js';
import type { Backplane, KeyValueStore, MaybePromise } from '../../../naru/src/backplane/backplane.js';
import { MemoryStore } from '../../../naru/src/backplane/memory-store.js';
import { FakeClock, SeededRandom } from '../../../testing/src/index.js';
import { decodePlace } from '../../src/subscriptions/durable-place.js';
import { type DurableClaim, type DurableNamespace, Durables } from '../../src/subscriptions/durables.js';

export const [FIRST, SECOND, THIRD] = ['00000000001', '00000000002', '00000000003'] as const;
export const KEY = 'stomp durable a';

/** A subscriber that notes what happens to it. */
export class Holder {
  acked: string;
  readonly log: string[] = [];
  onTaken = (): void => void this.log.push('taken');
  refreshed: MaybePromise<void> = undefined;

  constructor(acked: string = FIRST) {
    this.acked = acked;
  }

  refresh(): MaybePromise<void> {
    this.log.push('refresh');
    return this.refreshed;
  }
}

/** One store, and a log that brings the messages of a node to the others when `deliver` is called. */
export class Home {
  readonly clock = new FakeClock();
  readonly store = new MemoryStore(this.clock);
  readonly errors: unknown[] = [];
  readonly log: (readonly unknown[])[] = [];
  readonly nodes: Node[] = [];

  node(limits = {}, wrap: (store: KeyValueStore) => KeyValueStore = (store) => store): Node {
    const node = new Node(this, limits, wrap(this.store));
    this.nodes.push(node);
    return node;
  }

  at(key = KEY): string | undefined {
    return decodePlace(this.store.get(key))?.offset;
  }

  deliver(): void {
    for (const node of this.nodes) node.read();
  }
}

/** A server of the home. */
export class Node {
  readonly durables: Durables;
  readonly namespace: DurableNamespace;
  readonly #home: Home;
  #read = 0;

  constructor(home: Home, limits: object, store: KeyValueStore) {
    this.#home = home;
    const { clock, errors } = home;
    const context = {
      clock,
      backplane: { store } as Backplane,
      random: new SeededRandom(home.nodes.length + 1),
      onLogError: (error: unknown) => void errors.push(error),
    };
    this.durables = new Durables(context, stompSettings({ durablesMax: 3, durableAgeMax: 10_000, ...limits }));
    this.namespace = {
      told: new Map(),
      tell: (message) => void home.log.push(message),
      log: { refresh: () => this.read() },
    };
  }

  read(): void {
    const messages = this.#home.log.slice(this.#read);
    this.#read = this.#home.log.length;
    for (const message of messages) this.namespace.told.get(message[0])?.(message);
  }

  async claim(key = KEY, start: string = FIRST): Promise<DurableClaim> {
    const claim = await this.durables.claim(key, this.namespace, start);
    if (typeof claim !== 'object') throw new Error(`${key}: ${claim}`);
    return claim;
  }

  async hold(key = KEY, holder = new Holder()): Promise<Holder> {
    const claim = await this.claim(key, holder.acked);
    if (claim.found !== undefined) holder.acked = claim.found;
    this.durables.hold(claim, holder, this.namespace);
    return holder;
  }

  ack(holder: Holder, offset: string, key = KEY): MaybePromise<void> {
    holder.acked = offset;
    return this.durables.note(key, holder, true);
  }
}

/** Lets each answer of the store take a while. */
export function late(clock: FakeClock): (store: KeyValueStore) => KeyValueStore {
  const later = <T>(carryOut: () => MaybePromise<T>): Promise<T> =>
    new Promise((resolve) => {
      clock.setTimeout(
        () => {
          const answer = carryOut();
          clock.setTimeout(() => resolve(answer), 5, undefined);
        },
        5,
        undefined,
      );
    });
  return (store) => ({
    isDurable: true,
    get: (key) => later(() => store.get(key)),
    set: (...args) => later(() => store.set(...args)),
    delete: (key) => later(() => store.delete(key)),
    swap: (...args) => later(() => store.swap(...args)),
    list: (...args) => later(() => store.list(...args)),
    table: (name) => store.table(name),
  });
}
