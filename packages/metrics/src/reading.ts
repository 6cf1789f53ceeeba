/** Reads what the servers of a process say of themselves, once for all metrics that are asked for in one turn. */
import type { BackplaneCounts, BackplaneState, SlowReport, SlowTotals } from 'naru';
import { counters, type ReadCounters, shownNamespace, socketJoined, type TapListener } from 'naru/taps';

/** The part of a server that metrics read. `Server` of `naru` has it. */
export interface MeasuredServer {
  readonly engine: {
    readonly clientsCount: number;
    readonly clients: Readonly<Record<string, { readonly transport: { readonly name: string } }>>;
    slow(limit?: number): SlowReport;
  };
  readonly backplane:
    | { readonly state: BackplaneState; readonly counts: BackplaneCounts; readonly flights: readonly number[] }
    | undefined;
  readonly _nsps: ReadonlyMap<string, MeasuredNamespace>;
  health(): { readonly isReady: boolean; readonly reasons: readonly string[]; readonly delayMs: number };
}

/** The part of a namespace that metrics read. */
interface MeasuredNamespace {
  readonly sockets: { readonly size: number };
  readonly adapter: { readonly rooms: { readonly size: number } };
}

/** The traffic of the servers with the home of the log and with other nodes. */
export interface Traffic extends Omit<BackplaneCounts, 'namespaces' | 'messagesLost'> {
  readonly messagesLost: number;
}

/** The numbers of all servers together. */
export interface Reading {
  readonly counters: ReadCounters;
  readonly sessions: number;
  readonly namespaces: number;
  readonly sockets: number;
  readonly rooms: number;
  /** How many servers are ready, and how many are not, by reason. */
  readonly ready: number;
  readonly unready: ReadonlyMap<string, number>;
  /** The delay of the event loop in milliseconds. */
  readonly delayMs: number;
  /** How many servers have a backplane in a state. */
  readonly states: ReadonlyMap<string, number>;
  readonly traffic: Traffic;
  /** How many appends are on their way into a log, and how many events. */
  readonly flights: number;
  readonly eventsInFlight: number;
  readonly slow: {
    readonly count: number;
    readonly bytes: number;
    readonly bytesMost: number;
    readonly totals: SlowTotals;
  };
}

const NO_TRAFFIC: Traffic = {
  batchesHeard: 0,
  recordsHeard: 0,
  bytesHeard: 0,
  reads: 0,
  appends: 0,
  recordsAppended: 0,
  bytesAppended: 0,
  messagesHeard: 0,
  messagesSent: 0,
  messagesLost: 0,
};

const NO_TOTALS: SlowTotals = {
  sockets: 0,
  late: 0,
  held: 0,
  disconnected: 0,
  droppedEvents: 0,
  droppedBytes: 0,
  conflatedEvents: 0,
};

/** Names of namespaces that are kept between two readings. Beyond that, those of empty ones go. */
const OCCUPIED_MAX = 10_000;

/** Reads servers. */
export class Reader {
  readonly #servers: readonly MeasuredServer[];
  /**
   * Namespaces that may have sockets, as taps show their names. A look at each of a hundred thousand namespaces would
   * take memory for each.
   */
  readonly #occupied = new Set<string>();
  #occupiedMax = OCCUPIED_MAX;
  #last: Reading | undefined = undefined;

  constructor(servers: readonly MeasuredServer[]) {
    this.#servers = servers;
    // A program may give options to `listen` after this, as long as nobody has asked for the engine or the health.
    for (const { _nsps } of counters.sessions > 0 ? servers : [])
      for (const [name, { sockets }] of _nsps) if (sockets.size > 0) this.#occupied.add(shownNamespace(name));
    socketJoined.subscribe(this.#onJoined);
  }

  readonly #onJoined: TapListener<{ readonly namespace: string }> = ({ namespace }) => {
    this.#occupied.add(namespace);
    if (this.#occupied.size <= this.#occupiedMax) return;
    this.#readOccupied();
    // If most of them have sockets, the next look comes after as many new ones.
    this.#occupiedMax = Math.max(OCCUPIED_MAX, 2 * this.#occupied.size);
  };

  /** Returns the numbers now. Calls in the same turn return the same numbers. */
  read(): Reading {
    if (!this.#last) {
      this.#last = this.#readAll();
      queueMicrotask(() => {
        this.#last = undefined;
      });
    }
    return this.#last;
  }

  /** Reads no more. */
  close(): void {
    socketJoined.unsubscribe(this.#onJoined);
  }

  #readAll(): Reading {
    const servers = this.#servers;
    const healths = servers.map((server) => server.health());
    const slow = servers.map(({ engine }) => engine.slow(Number.POSITIVE_INFINITY));
    const waiting = slow.flatMap(({ readers }) => readers.map(({ bytes }) => bytes));
    const backplanes = servers.flatMap(({ backplane }) => backplane ?? []);
    const flights = backplanes.flatMap((backplane) => backplane.flights);
    return {
      counters: { ...counters },
      sessions: sum(servers.map(({ engine }) => engine.clientsCount)),
      namespaces: sum(servers.map(({ _nsps }) => _nsps.size)),
      ...this.#readOccupied(),
      ready: healths.filter(({ isReady }) => isReady).length,
      unready: countOf(healths.flatMap(({ reasons }) => reasons)),
      delayMs: Math.max(0, ...healths.map(({ delayMs }) => delayMs)),
      states: countOf(backplanes.map(({ state }) => state)),
      traffic: backplanes.map(({ counts }) => trafficOf(counts)).reduce(add, NO_TRAFFIC),
      flights: flights.length,
      eventsInFlight: sum(flights),
      slow: {
        count: sum(slow.map(({ count }) => count)),
        bytes: sum(waiting),
        bytesMost: waiting.reduce((one, other) => Math.max(one, other), 0),
        totals: slow.map(({ totals }) => totals).reduce(add, NO_TOTALS),
      },
    };
  }

  #readOccupied(): { readonly sockets: number; readonly rooms: number } {
    const live = new Set<string>();
    let [sockets, rooms] = [0, 0];
    for (const [name, namespace] of this.#servers.flatMap(({ _nsps }) => this.#occupiedOf(_nsps))) {
      if (namespace.sockets.size === 0) continue;
      live.add(name);
      sockets += namespace.sockets.size;
      rooms += namespace.adapter.rooms.size;
    }
    for (const name of this.#occupied) if (!live.has(name)) this.#occupied.delete(name);
    return { sockets, rooms };
  }

  /** Returns the namespaces that may have sockets, with their names as taps show them: without the query. */
  #occupiedOf(all: MeasuredServer['_nsps']): (readonly [shown: string, MeasuredNamespace])[] {
    const found: [string, MeasuredNamespace][] = [];
    const add = (shown: string, namespace: MeasuredNamespace | undefined): void => {
      if (namespace && this.#occupied.has(shown)) found.push([shown, namespace]);
    };
    if (![...this.#occupied].some((name) => name.endsWith('...')))
      for (const name of this.#occupied) add(name, all.get(name));
    else for (const [name, namespace] of all) add(shownNamespace(name), namespace);
    return found;
  }
}

function trafficOf({ namespaces: _, messagesLost, ...traffic }: BackplaneCounts): Traffic {
  return { ...traffic, messagesLost: messagesLost ? sum(Object.values(messagesLost)) : 0 };
}

/** Adds two objects of numbers with the same names. */
function add<Numbers extends object>(one: Numbers, other: Numbers): Numbers {
  const entries = Object.entries(one) as [keyof Numbers, number][];
  return Object.fromEntries(entries.map(([name, value]) => [name, value + Number(other[name])])) as Numbers;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
