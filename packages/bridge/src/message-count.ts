/**
 * Numbers the messages of the nodes of Socket.IO, so that each node of Naru understands the numbers of the others. A
 * number is the count of the messages that a node has heard by then. Nodes begin to count at different times, so they
 * tell their counts at marks, which have a place among the messages. Redis gives all nodes the messages in one order,
 * so the difference of two counts stays as it is.
 */

/** The marks and the other nodes that are remembered. */
const REMEMBERED_MAX = 16;

/** The count of one node, and how it differs from those of others. */
export class MessageCount {
  #heard: number | undefined;
  /** The counts of this node at the newest marks. */
  readonly #marks = new Map<string, number>();
  /** The count of this node minus that of another one, by the name of the other one. */
  readonly #differences = new Map<string, number>();

  /** How many messages were heard, `undefined` before `begin`. */
  get heard(): number | undefined {
    return this.#heard;
  }

  /** Counts from now on. */
  begin(): void {
    this.#heard ??= 0;
  }

  /** Messages may be missed from now on, so nothing is known any more. */
  end(): void {
    this.#heard = undefined;
    this.#marks.clear();
    this.#differences.clear();
  }

  /** Counts a message. */
  add(): void {
    if (this.#heard !== undefined) this.#heard += 1;
  }

  /** Notes a mark, and returns the count at its place. */
  note(mark: string): number | undefined {
    if (this.#heard !== undefined) remember(this.#marks, mark, this.#heard);
    return this.#heard;
  }

  /** Learns what another node had counted at a mark. */
  learn(mark: string, node: string, count: number): void {
    const own = this.#marks.get(mark);
    if (own !== undefined) remember(this.#differences, node, own - count);
  }

  /** Whether a node has told its count. */
  knows(node: string): boolean {
    return this.#differences.has(node);
  }

  /** Returns the own number of a message that has this number on another node, `undefined` for an unknown node. */
  translate(node: string, number: number): number | undefined {
    const difference = this.#differences.get(node);
    return difference === undefined ? undefined : number + difference;
  }
}

/** Adds an entry. Beyond the bound, the oldest goes. */
function remember(table: Map<string, number>, name: string, value: number): void {
  table.set(name, value);
  for (const [oldest] of table) if (table.size > REMEMBERED_MAX) table.delete(oldest);
}
