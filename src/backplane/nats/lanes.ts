/** The order of requests that go to different streams. */
import { getOrCreate } from '../../base/get-or-create.js';

/** The kind of a request. */
export interface RequestKind {
  /** The part of the home that it goes to. Different parts are different streams, which promise no order. */
  readonly part: string;
  readonly isWrite: boolean;
  /** Whether writes of this part take effect in the order in which they are sent, so that they need not wait for each other. */
  readonly isPiped: boolean;
  /** The thing in its part that it concerns. Requests for different things need not wait for each other, if their part is piped. */
  readonly key?: string;
}

/** Writes of a lane that are under way at the same time. */
const OPEN_MAX = 128;

interface Waiting {
  readonly kind: RequestKind;
  start(): void;
}

/** The requests of one namespace. */
interface Lane {
  /** The parts that writes under way go to. */
  readonly writes: RequestKind[];
  /** Requests that have to wait, oldest first. */
  readonly waiting: Waiting[];
}

/**
 * Starts requests so that they take effect in their order. A write waits for earlier writes to other parts of its namespace, and for those of
 * the same thing. A read waits for all earlier writes, or for those of the one thing that it reads. Nothing waits for reads: a read may see
 * what was written after it.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Carries out a request of a lane when its turn comes. */
  run<T>(name: string, kind: RequestKind, request: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(name);
    if (!lane) return kind.isWrite ? this.#write(name, kind, request) : request();
    if (lane.waiting.length === 0 && mayStart(lane, kind)) return this.#start(name, kind, request);
    return new Promise((resolve, reject) => {
      lane.waiting.push({ kind, start: () => void this.#start(name, kind, request).then(resolve, reject) });
    });
  }

  #start<T>(name: string, kind: RequestKind, request: () => Promise<T>): Promise<T> {
    return kind.isWrite ? this.#write(name, kind, request) : request();
  }

  #write<T>(name: string, kind: RequestKind, request: () => Promise<T>): Promise<T> {
    const lane = getOrCreate(this.#lanes, name, () => ({ writes: [], waiting: [] }));
    lane.writes.push(kind);
    return request().finally(() => {
      lane.writes.splice(lane.writes.indexOf(kind), 1);
      for (let [next] = lane.waiting; next && mayStart(lane, next.kind); [next] = lane.waiting) {
        lane.waiting.shift();
        next.start();
      }
      if (lane.writes.length + lane.waiting.length === 0) this.#lanes.delete(name);
    });
  }
}

function mayStart({ writes }: Lane, kind: RequestKind): boolean {
  const { isWrite, part, key } = kind;
  if (!isWrite) return writes.every((other) => key !== undefined && (other.part !== part || isOfOther(kind, other)));
  const isApart = (other: RequestKind): boolean =>
    other.isPiped && other.part === part && (key === undefined || isOfOther(kind, other));
  return writes.length === 0 || (kind.isPiped && writes.length < OPEN_MAX && writes.every(isApart));
}

function isOfOther({ key }: RequestKind, other: RequestKind): boolean {
  return other.key !== undefined && other.key !== key;
}
