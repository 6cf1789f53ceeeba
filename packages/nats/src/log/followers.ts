/** The namespaces that an uplink follows: their streams tell of each message as soon as they have it. */

import type { NatsMessage } from '../driver.js';
import { tokenOf } from '../names.js';
import type { UplinkParts } from '../uplink.js';
import { BASE_HEADER, EVERY_NODE, type Group } from './group.js';
import { ToldOrder } from './told-order.js';

/** A message with this header says that there may be messages that were not told. */
const MORE_HEADER = 'Naru-More';
/** Namespaces with messages for single tags of which one look asks how far they have come. */
const LOOKED_AT = 256;

/** A namespace that is followed. */
interface Followed {
  readonly group: Group;
  readonly order: ToldOrder;
  /** Whether a look at how far the log has come is under way. */
  isLooking: boolean;
  /** The functions that end the subscriptions, by the last parts of the subjects. */
  readonly ends: Map<string, () => void>;
}

/** The followers of one uplink. */
export class LogFollowers {
  readonly #parts: UplinkParts;
  /** The namespaces that were looked at before the others come last. */
  readonly #followed = new Map<string, Followed>();

  constructor(parts: UplinkParts) {
    this.#parts = parts;
  }

  /**
   * From now on, the uplink is told of a namespace, and of what is for some tags there, besides the tags of earlier
   * calls. `begin` of the order says from where on.
   */
  follow(group: Group, namespace: string, tags: readonly string[]): ToldOrder {
    const followed = this.#followed.get(namespace) ?? {
      group,
      order: new ToldOrder(this.#parts, group, namespace),
      isLooking: false,
      ends: new Map<string, () => void>(),
    };
    this.#followed.set(namespace, followed);
    group.namespace(namespace).isFollowed = true;
    const { order, ends } = followed;
    for (const part of [EVERY_NODE, ...tags]) {
      if (ends.has(part)) continue;
      const take = (message: NatsMessage): void => this.#take(followed, part, message);
      ends.set(part, this.#parts.connection.subscribe(this.#subject(group, namespace, part), take));
    }
    return order;
  }

  /** Ends that. */
  unfollow(namespace: string): void {
    const followed = this.#followed.get(namespace);
    if (!followed) return;
    for (const end of followed.ends.values()) end();
    followed.order.end();
    followed.group.namespace(namespace).isFollowed = false;
    this.#followed.delete(namespace);
  }

  /** Returns the order of a namespace, or `undefined` for one that is not followed. */
  orderOf(namespace: string): ToldOrder | undefined {
    return this.#followed.get(namespace)?.order;
  }

  /** Says to the followers of a namespace, or of a tag there, that there may be messages that they were not told of. */
  tellMore(group: Group, namespace: string, part: string): void {
    this.#parts.connection.publish(this.#subject(group, namespace, part), new Uint8Array(0), { [MORE_HEADER]: '1' });
  }

  /**
   * Looks whether messages were not told. Between servers they can get lost, and the next one that shows it may be far
   * off.
   */
  async check(): Promise<void> {
    const { connection } = this.#parts;
    for (const group of new Set([...this.#followed.values()].map((each) => each.group))) await group.sync(connection);
    for (const [namespace, followed] of this.#followed) this.#look(namespace, followed);
  }

  /** A node that hears nothing because all messages are for others learns how far the log has come. */
  checkTags(): void {
    const meant = [...this.#followed].filter(([namespace, { group }]) => group.hasTags(namespace)).slice(0, LOOKED_AT);
    for (const [namespace, followed] of meant) {
      this.#followed.delete(namespace);
      this.#followed.set(namespace, followed);
      this.#look(namespace, followed);
    }
  }

  #look(namespace: string, followed: Followed): void {
    if (followed.isLooking) return;
    followed.isLooking = true;
    // The connection has an answer that cannot be read. The next look asks again.
    const looking = this.#ask(namespace, followed).catch(() => undefined);
    void looking.finally(() => {
      followed.isLooking = false;
    });
  }

  async #ask(namespace: string, { group, order }: Followed): Promise<void> {
    const { connection } = this.#parts;
    const newest = await connection.get(group.stream, { last_by_subj: group.namespace(namespace).subject });
    if (!newest || newest.seq <= order.passed) return;
    if (Number(newest.header(BASE_HEADER)) > group.baseSeq) await group.sync(connection);
    order.look(newest.seq);
  }

  #take({ group, order }: Followed, part: string, { body, header }: NatsMessage): void {
    if (header(MORE_HEADER) !== undefined) {
      order.restart(group.newestSeq);
      return;
    }
    const seq = Number(header('Nats-Sequence'));
    void order.take(part, { seq, body, header }, Number(header('Nats-Last-Sequence')));
  }

  #subject({ pushPrefix }: Group, namespace: string, part: string): string {
    return `${pushPrefix}.${tokenOf(namespace)}.${part}`;
  }
}
