/** Removes records that are too old or too many, and knows the extent of a log. */

import type { Retention } from 'naru/backplane';
import { getOrCreate } from 'naru/base';
import type { NatsConnection } from '../connection.js';
import type { UplinkParts } from '../uplink.js';
import type { Group } from './group.js';
import { LogIndex } from './log-index.js';
import { headOf } from './pages.js';

/** The part of its bounds that a namespace may exceed until it is looked at again. */
const SLACK = 1 / 32;

/** The state of one namespace. */
interface Kept {
  index: LogIndex;
  retention: Partial<Retention>;
  /** Bytes that this node may append until the next look, and the time of that look. */
  bytesLeft: number;
  lookAt: number;
  /** Whether this node has appended since the newest look began. */
  hasGrown: boolean;
  /** The newest task on the index, and the connection that it uses. A task whose connection has broken never ends. */
  task: { readonly connection: NatsConnection; readonly done: Promise<void> } | undefined;
  isLooking: boolean;
}

/** The retention of a node, over all uplinks. */
export class LogRetention {
  readonly #defaults: Retention;
  readonly #namespaces = new Map<string, Kept>();

  constructor(defaults: Retention) {
    this.#defaults = defaults;
  }

  /** Sets the retention of a namespace. */
  set(namespace: string, retention: Partial<Retention>): void {
    const kept = this.#of(namespace);
    kept.retention = retention;
    kept.lookAt = 0;
  }

  /** This node has appended bytes. Old records go if it is time for that. */
  onAppended(parts: UplinkParts, group: Group, namespace: string, bytes: number): void {
    const kept = this.#of(namespace);
    kept.bytesLeft -= bytes;
    kept.hasGrown = true;
    this.#lookIfDue(parts, group, namespace, kept);
  }

  /** Removes old records of all namespaces that this node has appended to, if it is time for that. */
  sweep(parts: UplinkParts, groupOf: (namespace: string) => Group): void {
    for (const [namespace, kept] of this.#namespaces) this.#lookIfDue(parts, groupOf(namespace), namespace, kept);
  }

  /** Resolves when the records are removed that are to be removed now. */
  async settled({ connection }: UplinkParts, namespace: string): Promise<void> {
    const kept = this.#namespaces.get(namespace);
    while (kept?.task?.connection === connection) await kept.task.done.catch(() => undefined);
  }

  /** Returns the sizes of a namespace. */
  async index(parts: UplinkParts, group: Group, namespace: string): Promise<LogIndex> {
    const kept = this.#of(namespace);
    await this.#alone(parts, kept, () => kept.index.refresh(parts.connection, group, namespace));
    return kept.index;
  }

  #lookIfDue(parts: UplinkParts, group: Group, namespace: string, kept: Kept): void {
    const isDue = kept.bytesLeft < 0 || parts.clock.now() >= kept.lookAt;
    const isUnderWay = kept.isLooking && kept.task?.connection === parts.connection;
    if (!isDue || isUnderWay) return;
    kept.isLooking = true;
    const look = this.#alone(parts, kept, () => this.#look(parts, group, namespace, kept));
    const end = (): void => {
      kept.isLooking = false;
    };
    // More may have been appended meanwhile. A stream that is full may have room at the next look; appends report that
    // to their callers.
    look.then(() => {
      end();
      this.#lookIfDue(parts, group, namespace, kept);
    }, end);
  }

  async #look(parts: UplinkParts, group: Group, namespace: string, kept: Kept): Promise<void> {
    const { ageMs, bytes } = { ...this.#defaults, ...kept.retention };
    const { index } = kept;
    kept.bytesLeft = bytes * SLACK;
    kept.hasGrown = false;
    const now = parts.clock.now();
    const beginsAt = await findBeginning(parts.connection, group, namespace, bytes);
    if (beginsAt !== undefined && beginsAt >= now - ageMs) {
      kept.lookAt = Math.min(beginsAt, now) + ageMs * (1 + SLACK);
      if (beginsAt === Number.POSITIVE_INFINITY) this.#letGo(namespace, kept);
      return;
    }
    await index.refresh(parts.connection, group, namespace);
    let last = 0;
    for (let { oldest } = index; oldest && (index.bytes > bytes || oldest.at < now - ageMs); { oldest } = index) {
      last = oldest.last;
      index.dropOldest();
    }
    kept.lookAt = (index.oldest?.at ?? now) + ageMs * (1 + SLACK);
    const state = group.namespace(namespace);
    if (last > 0 || index.hasLeftovers) await group.trim(parts.connection, state, Math.max(last, state.trimmed));
    if (!index.oldest) this.#letGo(namespace, kept);
  }

  /** Forgets a namespace that had no records at this look. The retention that a program has set stays. */
  #letGo(namespace: string, { hasGrown, retention }: Kept): void {
    if (!hasGrown && Object.keys(retention).length === 0) this.#namespaces.delete(namespace);
  }

  #of(namespace: string): Kept {
    return getOrCreate(this.#namespaces, namespace, () => ({
      index: new LogIndex(),
      retention: {},
      bytesLeft: 0,
      hasGrown: false,
      lookAt: 0,
      task: undefined,
      isLooking: false,
    }));
  }

  /** Reads and changes the index of a namespace after what is under way. */
  async #alone({ connection }: UplinkParts, kept: Kept, work: () => Promise<void>): Promise<void> {
    const before = kept.task;
    // The work of a broken connection may have left the index halfway.
    if (before && before.connection !== connection) kept.index = new LogIndex();
    const waits = before?.connection === connection ? before.done.catch(() => undefined) : undefined;
    const task = { connection, done: waits ? waits.then(work) : work() };
    kept.task = task;
    try {
      await task.done;
    } finally {
      if (kept.task === task) kept.task = undefined;
    }
  }
}

/**
 * Returns when the oldest record of a namespace was made, for a stream that has at most so many bytes. A node that
 * begins need not read the sizes of all messages then. Returns `undefined` if they have to be read, and infinity
 * without records.
 */
async function findBeginning(
  connection: NatsConnection,
  group: Group,
  name: string,
  bytesMax: number,
): Promise<number | undefined> {
  const { stream } = group;
  const { subject, sideSubject } = group.namespace(name);
  const [info, first] = await Promise.all([
    connection.api<{ readonly state: { readonly bytes: number } }>(`STREAM.INFO.${stream}`),
    connection.get(stream, { next_by_subj: subject, seq: 1 }),
  ]);
  await group.sync(connection);
  const { trimmed, subject: chosen } = group.namespace(name);
  if (chosen !== subject) return undefined;
  const isLarge = (info.state?.bytes ?? Number.POSITIVE_INFINITY) > bytesMax;
  if (isLarge || (await connection.get(stream, { last_by_subj: `${sideSubject}.*` }))) return undefined;
  if (!first) return Number.POSITIVE_INFINITY;
  // A removal was not finished.
  return first.seq > trimmed ? headOf(first.header('Nats-Msg-Id')).at : undefined;
}
