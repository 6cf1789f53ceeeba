/**
 * The nodes that share a backplane. Each claims its code, and lists itself in the table `nodes` until it closes or its
 * process ends.
 */
import type { KeyValueStore, TableList } from '../../backplane/backplane.js';
import { readStoredObject } from '../../backplane/formats.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';

/** A node: a server among those that share a backplane. */
export interface NodeInfo {
  /** The code that names this run of the server, as `io.node` does. */
  readonly code: NodeCode;
  /** The version of Naru. */
  readonly version: string;
  /** The start of this run, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /**
   * The address at which it takes requests that other nodes pass on. Absent for a node without the option
   * `links.address`, which gets polls by talk.
   */
  readonly address?: string;
}

/** The parts of a server that its entry among the nodes uses. */
export interface NodesContext {
  readonly clock: Clock;
  readonly store: KeyValueStore;
  readonly version: string;
  /** Names this run beyond doubt. */
  readonly run: string;
  /** The address at which this node takes requests that others pass on. */
  readonly address?: string | undefined;
  /** The node as the others reach it, which takes another code when its own belongs to another run. */
  readonly remote: { readonly node: NodeCode; takeNewCode(): void };
  onError(error: unknown): void;
  /** Asks the other nodes for their entries. Absent if a table that all share has them. */
  askOthers?: (() => Promise<Iterable<readonly [NodeCode, unknown]>>) | undefined;
}

const TABLE = 'nodes';
/** Milliseconds after which a killed process is no longer listed. The documents promise eight seconds. */
const LEASE_MS = 6_000;
const RENEWALS_PER_LEASE = 3;
/** Milliseconds for which a code belongs to a run that does not renew its claim. */
const CLAIM_MS = 2 * 60 * 60 * 1_000;
const NODES_MAX = 10_000;

/** The nodes, and the entry of this one among them. */
export class Nodes {
  readonly #context: NodesContext;
  #startedAt = 0;
  #claimed: { readonly code: NodeCode; readonly at: number } | undefined;
  #timer: Timer | undefined;
  #isOpen = false;
  #hasFailed = false;
  #hasCompared = false;
  /** Resolves when this node is listed, or could not be. */
  listed: Promise<void> = Promise.resolve();

  constructor(context: NodesContext) {
    this.#context = context;
    this.open();
  }

  /** Lists this node from the end of this turn on. */
  open(): void {
    const { clock } = this.#context;
    this.#isOpen = true;
    this.#startedAt = clock.now();
    this.listed = new Promise((resolve) => clock.defer(() => this.#renew().then(resolve), undefined));
  }

  /** Returns the nodes in the order of their start, with this one. Rejects when the store cannot be read. */
  async list(): Promise<readonly NodeInfo[]> {
    const { store, remote, askOthers } = this.#context;
    const entries = askOthers
      ? [...(await askOthers())]
      : ((await store.table(TABLE).list(NODES_MAX)) as TableList).entries;
    const nodes = entries.flatMap(([code, text]) =>
      code === remote.node ? [] : typeof text === 'string' ? (decode(code, text) ?? []) : [],
    );
    // The own entry may not have been written yet.
    if (this.#isOpen) nodes.push(this.#info);
    return nodes.sort((one, other) => one.startedAt - other.startedAt || (one.code < other.code ? -1 : 1));
  }

  /** Removes this node from the list. */
  close(): void {
    const { clock, store, remote } = this.#context;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#claimed = undefined;
    void this.#attempt((async () => store.table(TABLE).remove(remote.node))());
  }

  /** The entry of this node, as the others read it. */
  get entry(): string {
    const { code: _, ...about } = this.#info;
    return JSON.stringify(about);
  }

  get #info(): NodeInfo {
    const { remote, version, address } = this.#context;
    return { code: remote.node, version, startedAt: this.#startedAt, ...(address !== undefined && { address }) };
  }

  #renew(): Promise<void> {
    this.#timer = undefined;
    if (!this.#isOpen) return Promise.resolve();
    const { clock, store } = this.#context;
    const attempt = this.#attempt(this.#enter());
    // No other process reads a store that ends with this one, so nothing there has to be renewed.
    if (!store.isDurable) return attempt;
    const renew = (nodes: Nodes): void => void nodes.#renew();
    this.#timer = unreferenced(clock.setTimeout(renew, LEASE_MS / RENEWALS_PER_LEASE, this));
    return attempt;
  }

  async #enter(): Promise<void> {
    const { store, remote } = this.#context;
    while (!(await this.#claim())) remote.takeNewCode();
    if (!this.#isOpen) return;
    const leaseMs = store.isDurable ? LEASE_MS : Number.POSITIVE_INFINITY;
    await store.table(TABLE).put(remote.node, this.entry, leaseMs);
    if (!this.#hasCompared) void this.#attempt(this.#compare());
  }

  /** Warns once of a node whose version is so far away that the two may not read each other's records. */
  async #compare(): Promise<void> {
    this.#hasCompared = true;
    const { version } = this.#context;
    const far = (await this.list()).find((each) => !areNeighbours(version, each.version));
    if (!far) return;
    const text = `This server runs Naru ${version}, and the server ${far.code} runs ${far.version}. They may not read each other's events.`;
    process.emitWarning(`${text} Update one minor version after the other.`, { code: 'NARU_VERSIONS_APART' });
  }

  /** Claims the code of this node for this run. Resolves with `false` if it belongs to another run. */
  async #claim(): Promise<boolean> {
    const { clock, store, remote, run } = this.#context;
    const code = remote.node;
    const now = clock.now();
    const before = this.#claimed?.code === code ? this.#claimed : undefined;
    if (before && now < before.at + CLAIM_MS / 2) return true;
    const { swapped, value } = await store.swap(`node:${code}`, before && run, run, CLAIM_MS);
    // The answer to an earlier claim may have been lost.
    const isOurs = swapped || value === run;
    if (isOurs) this.#claimed = { code, at: now };
    return isOurs;
  }

  /** Reports the first of several failures in a row. The next renewal tries again. */
  #attempt(writing: Promise<void>): Promise<void> {
    return writing.then(
      () => {
        this.#hasFailed = false;
      },
      (error) => {
        if (!this.#hasFailed) this.#context.onError(error);
        this.#hasFailed = true;
      },
    );
  }
}

/**
 * Whether nodes of two versions read everything from each other. Nobody knows the last minor version before a major
 * one, so any may be that.
 */
function areNeighbours(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  const distance = major === otherMajor ? minor - otherMinor : major - otherMajor;
  // It is not a number for a bundled program, which does not know its version.
  return !(Math.abs(distance) > 1);
}

/** Returns a node from its entry, or `undefined` for an entry that another version may have written. */
function decode(code: NodeCode, text: string): NodeInfo | undefined {
  const { version, startedAt, address } = readStoredObject(text, 'the entry of a node') ?? {};
  if (typeof version !== 'string' || typeof startedAt !== 'number') return undefined;
  return { code, version, startedAt, ...(typeof address === 'string' && { address }) };
}
