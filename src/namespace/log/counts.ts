/** Counts what a node hears from the home of the logs and from other nodes, and what it sends. */
import type { LogRecord } from '../../backplane/backplane.js';
import type { TalkLosses } from '../../backplane/talk/talk.js';
import { sizeOf } from './records.js';

/** The traffic of a node since its start. Every number only rises. */
export interface BackplaneTraffic {
  /** Batches of other nodes that the home told this node, their records, and the bytes of the records' JSON and attachments. */
  readonly batchesHeard: number;
  readonly recordsHeard: number;
  readonly bytesHeard: number;
  /** Requests that read the log: for places, missed events, history and late clients. */
  readonly reads: number;
  /** Requests that append to the log, their records, and the bytes of these. */
  readonly appends: number;
  readonly recordsAppended: number;
  readonly bytesAppended: number;
  /** Messages of other nodes beside the log, such as volatile events and questions, without answers. */
  readonly messagesHeard: number;
  /** Messages to other nodes beside the log. One to many nodes counts once. */
  readonly messagesSent: number;
}

/** The traffic of a node, in all and by namespace. */
export interface BackplaneCounts extends BackplaneTraffic {
  /** Messages beside the log that this node gave up or did not take. Absent for backplanes that do not count them. */
  readonly messagesLost?: TalkLosses;
  /** By the names of the namespaces that this node has. */
  readonly namespaces: Readonly<Record<string, BackplaneTraffic>>;
}

/** The traffic of one namespace, as it is being counted. */
export class Traffic implements BackplaneTraffic {
  batchesHeard = 0;
  recordsHeard = 0;
  bytesHeard = 0;
  reads = 0;
  appends = 0;
  recordsAppended = 0;
  bytesAppended = 0;
  messagesHeard = 0;
  messagesSent = 0;

  /** Counts a batch of another node. */
  hear(records: readonly LogRecord[]): void {
    this.batchesHeard += 1;
    this.recordsHeard += records.length;
    for (const record of records) this.bytesHeard += bytesOf(record);
  }

  /** Counts an append. */
  append(records: readonly LogRecord[]): void {
    this.appends += 1;
    this.recordsAppended += records.length;
    for (const record of records) this.bytesAppended += bytesOf(record);
  }

  /** Adds other traffic. */
  add(other: BackplaneTraffic): void {
    for (const name of NAMES) this[name] += other[name];
  }
}

const NAMES = Object.keys(new Traffic()) as (keyof BackplaneTraffic)[];

/** Returns the size of a record. Most records have no attachments. */
function bytesOf(record: LogRecord): number {
  return record.attachments.length === 0 ? record.event.length : sizeOf(record);
}

/** The traffic of all namespaces of a node. */
export class TrafficCounts {
  readonly #namespaces = new Map<string, Traffic>();
  /** The traffic that belongs to no namespace, or to one that was removed. */
  readonly #rest = new Traffic();

  /** Begins to count a namespace. */
  open(namespace: string): Traffic {
    this.close(namespace);
    const traffic = new Traffic();
    this.#namespaces.set(namespace, traffic);
    return traffic;
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
    total.add(this.#rest);
    const namespaces: Record<string, BackplaneTraffic> = {};
    for (const [name, traffic] of this.#namespaces) {
      total.add(traffic);
      namespaces[name] = { ...traffic };
    }
    return { ...total, namespaces };
  }
}
