/** The text that the store has of a durable subscription: its place in the log, and the node that holds it. */
import { decodeOffset, type Offset } from 'naru/backplane';

/** The state of a durable subscription in the store. */
export interface DurablePlace {
  /** The offset up to which everything is acknowledged. */
  readonly offset: Offset;
  /** A fencing number that rises by one whenever a subscriber takes the subscription. */
  readonly term: number;
  /** The node of the newest subscriber. */
  readonly node: string;
  /** Whether nothing was acknowledged yet. Such subscriptions cost an attacker nothing, so they are evicted first. */
  readonly isUnproven: boolean;
}

const FORM = /^(\w{11})(?: (\d+) ([\w-]+))?( new)?$/;

/** Writes the text. */
export function encodePlace({ offset, term, node, isUnproven }: DurablePlace): string {
  return `${offset} ${term} ${node}${isUnproven ? ' new' : ''}`;
}

/** Reads the text. Returns `undefined` without a text, or for any other text. */
export function decodePlace(text: string | undefined): DurablePlace | undefined {
  const [, offset = '', term, node = '', isNew] = FORM.exec(text ?? '') ?? [];
  if (decodeOffset(offset) === undefined) return undefined;
  return { offset, term: Number(term ?? 0), node, isUnproven: isNew !== undefined };
}
