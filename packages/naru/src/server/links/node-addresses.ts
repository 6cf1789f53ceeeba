/** Knows at which addresses the other nodes take links, from the table of nodes. */
import type { NodeCode } from '../../backplane/talk/talk.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import type { NodeInfo } from '../../namespace/remote/nodes.js';
import { type LinkAddress, readLinkAddress } from '../options/links-options.js';

/** A node as the table lists it. */
export interface ListedNode {
  /** The place at which the node takes links. `undefined` for a node without an address. */
  readonly address: LinkAddress | undefined;
  /** The start of the node, in milliseconds since the Unix epoch, by its own clock. */
  readonly startedAt: number;
}

/** Told what the table says of a node, or `undefined` for a node that is not listed. */
type Found = (node: ListedNode | undefined) => void;

/** Milliseconds from the begin of one reading of the table to the next. Anybody can make sids of unknown nodes up. */
const READING_MS = 250;

/** The addresses of the nodes. It reads the table only when it is asked for a node that it does not know. */
export class NodeAddresses {
  readonly #clock: Clock;
  readonly #list: () => Promise<readonly NodeInfo[]>;
  /** The nodes of the newest table. */
  #known: ReadonlyMap<NodeCode, ListedNode> = new Map();
  /** Those who wait for the next reading, by node. */
  #waiting: (readonly [node: NodeCode, found: Found])[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #timer: Timer | undefined;

  /** `list` reads the table of nodes. */
  constructor(clock: Clock, list: () => Promise<readonly NodeInfo[]>) {
    this.#clock = clock;
    this.#list = list;
  }

  /** Calls back once: now for a node that is known, and otherwise after the next reading of the table. */
  find(node: NodeCode, found: Found): void {
    const known = this.#known.get(node);
    if (known) found(known);
    else this.findAgain(node, found);
  }

  /** Calls back once, after the next reading of the table, whether the node is known or not. */
  findAgain(node: NodeCode, found: Found): void {
    this.#waiting.push([node, found]);
    this.#schedule();
  }

  /** Answers those who wait, and reads the table no more until somebody asks again. */
  close(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [, found] of this.#waiting.splice(0)) found(undefined);
  }

  #schedule(): void {
    if (this.#isReading || this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#readAt + READING_MS - this.#clock.now());
    if (waitMs === 0) this.#read();
    else this.#timer = unreferenced(this.#clock.setTimeout((it: NodeAddresses) => it.#read(), waitMs, this));
  }

  #read(): void {
    this.#timer = undefined;
    this.#isReading = true;
    this.#readAt = this.#clock.now();
    // A node may be listed after this moment. Those who ask from now on wait for another reading.
    const waiting = this.#waiting.splice(0);
    const done = (): void => {
      this.#isReading = false;
      for (const [node, found] of waiting) found(this.#known.get(node));
      if (this.#waiting.length > 0) this.#schedule();
    };
    this.#list().then(
      (nodes) => {
        this.#known = new Map(
          nodes.map(({ code, address, startedAt }) => [code, { address: readLinkAddress(address), startedAt }]),
        );
        done();
      },
      // The server reports that the table cannot be read. The known addresses may still be right.
      done,
    );
  }
}
