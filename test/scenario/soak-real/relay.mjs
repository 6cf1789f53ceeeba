// Connects each client of the soak to a running server, through a relay that breaks as networks do.
import { startRelay } from '../../kit/relay/relay.mjs';

/** Milliseconds after which a connection that one side lost is closed for the other as well. */
const FORGOTTEN_MS = 6_000;

/** Milliseconds for which a client stays with the server that it last heard from, because its session may be there. */
const STICKY_MS = 2_000;

/** One client's path to the servers. `kind` names the port of the server. */
class Lane {
  relay;
  #kind;
  #fleet;
  #current = undefined;
  #away = undefined;

  constructor(relay, kind, fleet) {
    this.relay = relay;
    this.#kind = kind;
    this.#fleet = fleet;
    relay.target = () => this.#route();
  }

  /** The present server of the path. */
  get server() {
    return this.#current;
  }

  /** Leads the next connections to another server, if there is one. */
  move() {
    this.#away = this.#current;
    this.#current = undefined;
  }

  #route() {
    // The relay reads the limit for this connection in the same turn. Later connections are without a limit.
    queueMicrotask(() => {
      this.relay.bytesMax = Number.POSITIVE_INFINITY;
    });
    if (this.#fleet.hasLinks) {
      this.#current = this.#fleet.next();
      return this.#current && { port: this.#current.ports[this.#kind] };
    }
    const isSticky = Date.now() - this.relay.heardAt < STICKY_MS;
    this.#current = this.#fleet.pick(isSticky ? this.#current : undefined, this.#away);
    this.#away = undefined;
    if (!this.#current) return undefined;
    const port = this.#current.ports[this.#kind];
    // A client with kept-alive connections must not reach one server by one of them and another server by the next.
    this.relay.keepOnly(port);
    return { port };
  }
}

export async function openLane(kind, fleet) {
  return new Lane(await startRelay(() => undefined, FORGOTTEN_MS), kind, fleet);
}
