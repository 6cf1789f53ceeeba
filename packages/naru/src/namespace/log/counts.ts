/** Counts what a node hears from the home of the logs and from other nodes, and what it sends. */
import type { LogRecord } from '../../backplane/backplane.js';
import type { TalkLosses } from '../../backplane/talk/talk.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { sizeOf, sumOf } from './records.js';

/** Counters of traffic. */
class Counters {
  /**
   * Batches of other nodes that the home told this node, their records, and the bytes of the records' JSON and
   * attachments.
   */
  batchesHeard = 0;
  recordsHeard = 0;
  bytesHeard = 0;
  /** Requests that read the log: for places, missed events, history and late clients. */
  reads = 0;
  /** Requests that append to the log, their records, and the bytes of these. */
  appends = 0;
  recordsAppended = 0;
  bytesAppended = 0;
  /** Messages of other nodes beside the log, such as volatile events and questions, without answers. */
  messagesHeard = 0;
  /** Messages to other nodes beside the log. One to many nodes counts once. */
  messagesSent = 0;
}

/** The traffic of a node since its start. Every number only rises. */
export type BackplaneTraffic = Readonly<Counters>;

/** The traffic of a node, in all and by namespace. */
export interface BackplaneCounts extends BackplaneTraffic {
  /** Messages beside the log that this node gave up or did not take. Absent for backplanes that do not count them. */
  readonly messagesLost?: TalkLosses;
  /** By the names of the namespaces that this node has. */
  readonly namespaces: Readonly<Record<string, BackplaneTraffic>>;
}

/** The traffic of one namespace, as it is being counted. */
export class Traffic extends Counters {
  /** Counts a batch of another node. */
  hear(records: readonly LogRecord[]): void {
    if (records.length === 0) return;
    this.batchesHeard += 1;
    this.recordsHeard += records.length;
    this.bytesHeard += sumOf(records, sizeOf);
  }

  /** Counts an append. */
  append(records: readonly LogRecord[]): void {
    this.appends += 1;
    this.recordsAppended += records.length;
    this.bytesAppended += sumOf(records, sizeOf);
  }

  /** Adds other traffic. */
  add(other: BackplaneTraffic): void {
    for (const name of Object.keys(other) as (keyof BackplaneTraffic)[]) this[name] += other[name];
  }
}

/** The traffic of all namespaces of a node. */
export class TrafficCounts {
  readonly #namespaces = new Map<string, Traffic>();
  /** The traffic that belongs to no namespace, or to one that was removed. */
  readonly #rest = new Traffic();

  /** Begins to count a namespace, or goes on. */
  open(namespace: string): Traffic {
    return getOrCreate(this.#namespaces, namespace, () => new Traffic());
  }

  /** Returns the counters of a namespace, or those of the rest for one that is not open. */
  of(namespace: string): Traffic {
    return this.#namespaces.get(namespace) ?? this.#rest;
  }

  /** The namespace is removed. Its traffic stays in the totals. */
  close(namespace: string): void {
    const traffic = this.#namespaces.get(namespace);
    if (traffic) this.#rest.add(traffic);
    this.#namespaces.delete(namespace);
  }

  /** Returns all counters as they are now. */
  read(): BackplaneCounts {
    const total = new Traffic();
    for (const traffic of [this.#rest, ...this.#namespaces.values()]) total.add(traffic);
    const namespaces = [...this.#namespaces].map(([name, traffic]) => [name, { ...traffic }]);
    return { ...total, namespaces: Object.fromEntries(namespaces) };
  }
}
