/** An uplink to NATS: gives each request to its part of the home, in order. */

import type { HomeMethod, HomeMethods, HomeRequest, Uplink, UplinkHandler, WriteId } from '@naru/broker';
import { followsAppends, isAboutNodes, isRead, OpenAppends, Readings } from '@naru/broker';
import type { LogRecord } from 'naru/backplane';
import type { Bytes, Clock } from 'naru/base';
import { UnavailableError } from 'naru/base';
import type { NatsConnection } from './connection.js';
import type { NatsNames } from './names.js';
import type { NatsSettings } from './options.js';
import { Pipelines, type RequestKind } from './pipelines.js';

/** The things that all parts of an uplink use. */
export interface UplinkParts {
  readonly connection: NatsConnection;
  readonly names: NatsNames;
  readonly settings: NatsSettings;
  readonly clock: Clock;
  readonly handler: UplinkHandler;
}

/** A write over an uplink. */
export interface UplinkWrite extends WriteId {
  /** Called if the write is on its way and takes effect before everything that is sent afterwards. */
  onSent?(): void;
}

/** Methods of a home. `write` names a write, and is there for all of them. */
export type Methods<Names extends HomeMethod> = {
  readonly [Name in Names]: (
    write: UplinkWrite | undefined,
    ...args: Parameters<HomeMethods[Name]>
  ) => Promise<ReturnType<HomeMethods[Name]>>;
};

const LOG_READ: RequestKind = { part: 'log', isWrite: false, isPipelined: false };
const TEXT_READ: RequestKind = { part: 'text', isWrite: false, isPipelined: false };
const TEXT_WRITE: RequestKind = { part: 'text', isWrite: true, isPipelined: true };
const TABLE_READ: RequestKind = { part: 'table', isWrite: false, isPipelined: false };
const TABLE_WRITE: RequestKind = { part: 'table', isWrite: true, isPipelined: true };

const LOG_WRITE: RequestKind = { part: 'log', isWrite: true, isPipelined: false };
const PIPELINED_APPEND: RequestKind = { part: 'log', isWrite: true, isPipelined: true };

/** The kind of each request. */
const KINDS: Readonly<Record<HomeMethod, RequestKind>> = {
  append: LOG_WRITE,
  read: LOG_READ,
  readBack: LOG_READ,
  readAt: LOG_READ,
  knows: LOG_READ,
  extent: LOG_READ,
  newest: { ...LOG_READ, key: 'newest' },
  namespaces: LOG_READ,
  erase: LOG_WRITE,
  retain: LOG_READ,
  follow: LOG_READ,
  unfollow: LOG_READ,
  get: TEXT_READ,
  list: TEXT_READ,
  trim: TEXT_READ,
  set: TEXT_WRITE,
  delete: TEXT_WRITE,
  swap: TEXT_WRITE,
  tablePut: TABLE_WRITE,
  tableGet: TABLE_READ,
  tableRemove: TABLE_WRITE,
  tableList: TABLE_READ,
  ping: LOG_READ,
};

/**
 * The pipelines of requests that belong to no namespace: those of the tables with the nodes, and all others. So a node
 * says that it lives while the presence of its clients waits, and presence leaves NATS time for appends. No namespace
 * has such a name, which has no slash.
 */
const NODES = 'nodes';
const TEXTS = 'texts';

/** The parts of a log that concern order. */
export interface LogOrder {
  /** Whether an append to a namespace is sent at once. */
  isReady(namespace: string, records: readonly LogRecord[]): boolean;
  /** Notes which records an erasure concerns. */
  beginErasure(write: WriteId, namespace: string): Promise<void>;
}

/** An uplink. It breaks as a whole when one of its requests cannot be answered. */
export class NatsUplink implements Uplink {
  readonly expiresAt: number | undefined;
  readonly #parts: UplinkParts;
  readonly #methods: Partial<Methods<HomeMethod>>;
  readonly #log: LogOrder;
  readonly #pipelines = new Pipelines();
  readonly #readings = new Readings();
  /** A text of no namespace is stored after the appends that were made before it. */
  readonly #appends = new OpenAppends();
  readonly #heard = new Map<string, () => void>();

  constructor(parts: UplinkParts, methods: Partial<Methods<HomeMethod>>, log: LogOrder, expiresAt?: number) {
    this.expiresAt = expiresAt;
    this.#parts = parts;
    this.#methods = methods;
    this.#log = log;
  }

  call(asked: HomeRequest): Promise<unknown> {
    const { method, args, write, isWanted = () => true } = asked;
    const run = this.#methods[method] as
      | ((write: UplinkWrite | undefined, ...args: readonly unknown[]) => Promise<unknown>)
      | undefined;
    if (!run) return Promise.reject(new UnavailableError('REFUSED', `The NATS backplane has no "${method}" yet.`));
    const pipeline = pipelineOf(method, args);
    if (method !== 'erase') {
      // The answer of an event must not outlive what its listener has sent.
      const start = pipeline === TEXTS && followsAppends(method, args) ? this.#appends.settled() : undefined;
      // One server carries out what a connection sends in that order, whatever the streams. A cluster does not.
      const isOrdered = !this.#parts.connection.isClustered;
      const carryOut = (onSent: () => void): Promise<unknown> =>
        run(write && (isOrdered ? { ...write, onSent } : write), ...args);
      const request = isRead(asked)
        ? () => this.#readings.run(asked, isWanted, () => carryOut(() => undefined))
        : carryOut;
      const answer = this.#pipelines.run(
        pipeline,
        this.#kindOf(method, args),
        start ? (onSent) => start.then(() => request(onSent)) : request,
      );
      return method === 'append' ? this.#appends.note(answer) : answer;
    }
    // Later appends wait until the records of the erasure are known, and not until they are erased.
    return this.#pipelines
      .run(pipeline, LOG_WRITE, () => this.#log.beginErasure(write as WriteId, pipeline))
      .then(() => run(write, ...args));
  }

  say(channel: string, bytes: Bytes): Promise<boolean> {
    return this.#parts.connection.tell(this.#parts.names.saidSubject(channel), bytes);
  }

  async hear(channel: string): Promise<void> {
    const { connection, names, handler } = this.#parts;
    this.unhear(channel);
    this.#heard.set(
      channel,
      connection.subscribe(names.saidSubject(channel), ({ body }) => handler.onSaid(channel, new Uint8Array(body))),
    );
    await connection.flush();
  }

  unhear(channel: string): void {
    this.#heard.get(channel)?.();
    this.#heard.delete(channel);
  }

  close(): void {
    this.#parts.connection.close();
  }

  /**
   * Between servers, a message may get lost before a later one. So in a cluster, an append or a text waits for the one
   * before it.
   */
  #kindOf(method: HomeMethod, args: readonly unknown[]): RequestKind {
    const { isClustered } = this.#parts.connection;
    const kind = KINDS[method];
    if (method === 'append')
      return !isClustered && this.#log.isReady(args[0] as string, args[1] as readonly LogRecord[])
        ? PIPELINED_APPEND
        : kind;
    if (method === 'get' || method === 'swap') return { ...kind, key: args[1] as string };
    if (method === 'set' || method === 'delete') return { ...kind, key: args[1] as string, isPipelined: !isClustered };
    if (!method.startsWith('table')) return kind;
    const part = `table ${args[1] as string}`;
    return method === 'tableList' ? { ...kind, part } : { ...kind, part, key: args[2] as string };
  }
}

function pipelineOf(method: HomeMethod, args: readonly unknown[]): string {
  if (method === 'list' || method === 'trim') return TEXTS;
  if (typeof args[0] === 'string') return args[0];
  return isAboutNodes({ method, args }) ? NODES : TEXTS;
}
