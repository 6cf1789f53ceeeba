/** The talk between the servers of a simulated home: messages take time, keep their order between two servers, and end with a killed server. */
import { type Envelope, TalkExchange } from '../../backplane/talk/exchange.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock } from '../../base/clock.js';
import type { FakeClock } from '../fake-clock.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Range } from '../wire.js';

/** The talk of one server. */
export interface TalkLine {
  readonly exchange: TalkExchange;
  readonly clock: Clock;
  isBroken: boolean;
}

/** The talk of all servers of a home. */
export class HomeTalk {
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  readonly #delayMs: Range;
  readonly #lines = new Set<TalkLine>();
  /** When the newest message from one server to another arrives. */
  readonly #arrivals = new WeakMap<TalkLine, Map<TalkLine, number>>();

  constructor(clock: FakeClock, random: SeededRandom, delayMs: Range) {
    this.#clock = clock;
    this.#random = random;
    this.#delayMs = delayMs;
  }

  /** Opens the talk of a server. */
  open(clock: Clock, random: SeededRandom): TalkLine {
    const exchange: TalkExchange = new TalkExchange(clock, random, {
      onJoin: (node) => {
        for (const other of this.#lines) {
          if (other === line) continue;
          this.#lead(other, line, node);
          for (const known of other.exchange.members) this.#lead(line, other, known);
        }
      },
      onLeave: (node) => this.#remove(line, [node]),
    });
    const line: TalkLine = { exchange, clock, isBroken: false };
    this.#lines.add(line);
    return line;
  }

  /** The server of a line is dead. Its earlier messages still arrive, and then the others learn of its end. */
  break(line: TalkLine): void {
    line.isBroken = true;
    this.#lines.delete(line);
    this.#remove(line, line.exchange.members);
  }

  #lead(from: TalkLine, to: TalkLine, node: NodeCode): void {
    from.exchange.addNode(node, (code: NodeCode, envelope: Envelope, body) => {
      if (from.isBroken) return false;
      this.#deliver(from, to, () => to.exchange.receive(code, envelope, body));
      return true;
    });
  }

  #remove(line: TalkLine, nodes: readonly NodeCode[]): void {
    for (const other of this.#lines)
      if (other !== line)
        this.#deliver(line, other, () => {
          for (const node of nodes) other.exchange.removeNode(node);
        });
  }

  #deliver(from: TalkLine, to: TalkLine, arrive: () => void): void {
    let arrivals = this.#arrivals.get(from);
    if (!arrivals) {
      arrivals = new Map();
      this.#arrivals.set(from, arrivals);
    }
    const now = this.#clock.now();
    const at = Math.max(arrivals.get(to) ?? 0, now + this.#random.integer(...this.#delayMs));
    arrivals.set(to, at);
    this.#clock.setTimeout(() => !to.isBroken && to.clock.setTimeout(arrive, 0, undefined), at - now, undefined);
  }
}
