/** Prints on standard error how the servers on a backplane come and go. */
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock } from '../../base/clock.js';
import { getOrCreate } from '../../base/get-or-create.js';
import type { NodeChange, Remote } from '../../namespace/remote/remote.js';

/** The most nodes that a line names. */
const NAMED_MAX = 5;

const ENDS: Readonly<Record<NodeChange, string>> = {
  come: 'there',
  left: 'gone: left by itself',
  lost: 'gone: ended, or out of reach',
};

/** A node, and the others that it knows. */
export type OwnNode = Pick<Remote, 'node' | 'others'>;

/** The lines of one server. Changes of one turn share a line. */
export class NodeLines {
  readonly #clock: Clock;
  readonly #own: () => OwnNode | undefined;
  readonly #changes = new Map<NodeChange, NodeCode[]>();

  /** `own` returns this node, if it shares a backplane. */
  constructor(clock: Clock, own: () => OwnNode | undefined) {
    this.#clock = clock;
    this.#own = own;
  }

  /** Notes a change. Its line follows at the end of the turn. */
  note(node: NodeCode, change: NodeChange): void {
    if (this.#changes.size === 0) this.#clock.defer((lines: NodeLines) => lines.#print(), this);
    getOrCreate(this.#changes, change, (): NodeCode[] => []).push(node);
  }

  /** Says that this server sends its clients away, if they have another one to go to. */
  drain(clientsCount: number): void {
    if (this.#own()?.others.length)
      this.#write(`drains ${clientsCount === 1 ? '1 client' : `${clientsCount} clients`}`);
  }

  #print(): void {
    for (const [change, nodes] of this.#changes) {
      const more = nodes.length > NAMED_MAX ? ` and ${nodes.length - NAMED_MAX} more` : '';
      const [noun, verb] = nodes.length === 1 ? ['node', 'is'] : ['nodes', 'are'];
      this.#write(`${noun} ${nodes.slice(0, NAMED_MAX).join(', ')}${more} ${verb} ${ENDS[change]}`);
    }
    this.#changes.clear();
  }

  #write(text: string): void {
    console.error(`naru ${this.#own()?.node}: ${text}`);
  }
}
