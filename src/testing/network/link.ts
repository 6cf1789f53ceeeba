/** A connection of a simulated network: two streams, and what can go wrong between them. */
import type { FakeClock } from '../fake-clock.js';
import type { SeededRandom } from '../seeded-random.js';
import { Wire } from '../wire.js';
import { type LinkAddress, LinkEnd, type LinkEndOwner, socketError } from './link-end.js';
import type { LinkSettings } from './link-options.js';

/**
 * A link between a `client` and a `server` end. What is written at one end arrives at the other in order, cut anywhere, later, or not
 * any more; nothing is lost from the middle of a stream.
 */
export class Link implements LinkEndOwner {
  /** The end that dialled. */
  readonly client: LinkEnd;
  /** The end that was dialled. */
  readonly server: LinkEnd;
  readonly #clock: FakeClock;
  readonly #up: Wire;
  readonly #down: Wire;
  readonly #cutAfter: number;
  readonly #onClosed: ((link: Link) => void) | undefined;
  #openEnds = 2;

  /** `onClosed` is called once, when both ends are closed. */
  constructor(
    { clock, random, settings }: { clock: FakeClock; random: SeededRandom; settings: LinkSettings },
    { client, server }: { client: LinkAddress; server: LinkAddress },
    onClosed?: (link: Link) => void,
  ) {
    this.#onClosed = onClosed;
    this.#clock = clock;
    this.#cutAfter = settings.cutAfterBytes ? random.integer(...settings.cutAfterBytes) : Number.POSITIVE_INFINITY;
    this.client = new LinkEnd(clock, this, { local: client, remote: server, halfOpen: false });
    this.server = new LinkEnd(clock, this, { local: server, remote: client, halfOpen: true });
    this.#up = new Wire(clock, random.fork(), settings, this.server);
    this.#down = new Wire(clock, random.fork(), settings, this.client);
    this.client.wires = { out: this.#up, in: this.#down };
    this.server.wires = { out: this.#down, in: this.#up };
  }

  /** Whether either end is open. */
  get isOpen(): boolean {
    return this.#openEnds > 0;
  }

  /** Bytes that arrived, in both directions. */
  get bytesCarried(): number {
    return this.#up.bytesCarried + this.#down.bytesCarried;
  }

  /**
   * Cuts the connection: both ends see ECONNRESET at once, and what is in flight is lost. As on a real socket, the error is thrown when
   * nobody listens to it at the server's end.
   */
  cut(): void {
    this.#up.cut();
    this.#down.cut();
    // Who dialled may have stopped listening, or stop before the error comes, as Node's agent does with a connection that it takes again in
    // this very turn; a cable that breaks is no defect of theirs. A server has to listen: its program would end by this, too.
    this.client.on('error', () => undefined);
    for (const end of [this.client, this.server]) end.destroy(socketError('ECONNRESET'));
  }

  /**
   * Silences the connection: nothing arrives any more, and neither end is told, as when a phone loses its network. `direction` limits it to
   * what the client sends (`up`) or gets (`down`).
   */
  hold(direction: 'up' | 'down' | 'both' = 'both'): void {
    if (direction !== 'down') this.#up.hold();
    if (direction !== 'up') this.#down.hold();
  }

  /** Ends a silence: what was sent meanwhile arrives. */
  release(): void {
    this.#up.release();
    this.#down.release();
  }

  onBytes(): void {
    if (this.bytesCarried < this.#cutAfter) return;
    // A reset comes in a turn of its own, behind what the bytes before it set going; nothing arrives in between.
    this.hold();
    this.#clock.defer((link: Link) => link.cut(), this);
  }

  onEndClosed(end: LinkEnd): void {
    this.#openEnds -= 1;
    if (this.#openEnds === 0) {
      this.#up.cut();
      this.#down.cut();
      this.#onClosed?.(this);
      return;
    }
    const [outgoing, incoming] = end === this.client ? [this.#up, this.#down] : [this.#down, this.#up];
    // What a closed end had sent still arrives, and then its end; a peer that goes on writing is told so, as the system would.
    outgoing.end();
    incoming.refuse(socketError('EPIPE'));
  }
}
