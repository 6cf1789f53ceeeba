/** The order in which the events of one namespace were sent, to compare it with the order in the log. */
import { getOrCreate } from '../../../packages/naru/src/base/get-or-create.js';
import { audienceOf } from '../../../packages/naru/src/base/node/socket-ids.js';

/** An event: its server, and the place that it has among all events of that server. */
interface Ordered {
  readonly node: number;
  readonly order: number;
}

/** Knows the newest event of each server in the log. */
export class SentOrder {
  /** The places of the newest events, by their servers and tags. */
  readonly #newest = new Map<number, Map<string, number>>();

  /**
   * An event for some rooms comes into the log. Returns whether it follows on all events of its server for the same
   * tag, and for everybody.
   */
  isNext({ node, order }: Ordered, rooms: readonly string[]): boolean {
    const tag = audienceOf({ rooms }) ?? '';
    const newest = getOrCreate(this.#newest, node, () => new Map<string, number>());
    const earlier = tag === '' ? [...newest.values()] : [newest.get(tag) ?? 0, newest.get('') ?? 0];
    newest.set(tag, order);
    return earlier.every((each) => each < order);
  }

  /** The home has lost an event, which may come again. */
  takeBack({ node, order }: Ordered): void {
    const newest = this.#newest.get(node);
    for (const [tag, each] of newest ?? []) newest?.set(tag, Math.min(each, order - 1));
  }
}
