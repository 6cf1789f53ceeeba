// Leads each client of the soak to whichever server is there, by a relay that breaks as networks do.
import { startRelay } from '../../kit/relay/relay.mjs';

/** Milliseconds after which a connection that only one side has lost is lost to the other, too. */
const FORGOTTEN_MS = 6_000;

/** Milliseconds for which a client is taken to the server that it has heard from, as its session may need it. */
const STICKY_MS = 2_000;

/** One client's way to the servers. `kind` names the port of a server that it leads to. */
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

  /** The server to which it leads now. */
  get server() {
    return this.#current;
  }

  /** The next connections go to another server, where there is one. */
  move() {
    this.#away = this.#current;
    this.#current = undefined;
  }

  #route() {
    const isSticky = Date.now() - this.relay.heardAt < STICKY_MS;
    this.#current = this.#fleet.pick(isSticky ? this.#current : undefined, this.#away);
    this.#away = undefined;
    if (!this.#current) return undefined;
    const port = this.#current.ports[this.#kind];
    // A client that keeps connections for later must not ask one server by one of them and another one by the next, for ever.
    this.relay.keepOnly(port);
    // The relay reads the limit for this connection in the same turn; the one after it has none.
    queueMicrotask(() => {
      this.relay.bytesMax = Number.POSITIVE_INFINITY;
    });
    return { port };
  }
}

export async function openLane(kind, fleet) {
  return new Lane(await startRelay(() => undefined, FORGOTTEN_MS), kind, fleet);
}
