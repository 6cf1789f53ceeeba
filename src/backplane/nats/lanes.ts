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

/** A write that is under way or has to wait. */
interface Write {
  readonly kind: RequestKind;
  /** Whether it is on its way to the server, which carries out what one connection sends in that order. */
  isSent: boolean;
  /** Begins the reads that wait for it. */
  readonly onEnd: (() => void)[];
  start?(): void;
}

/** The requests of one namespace. */
interface Lane {
  /** The writes under way. */
  readonly writes: Write[];
  /** Writes that have to wait, oldest first. */
  readonly waiting: Write[];
}

/** A request. It calls `onSent` if it is a write that takes effect before everything that is sent afterwards. */
type Request<T> = (onSent: () => void) => Promise<T>;

/**
 * Starts requests so that they take effect in their order. A write waits until earlier writes to other parts of its namespace are sent or have
 * ended, and until those of the same thing have ended. A read waits for all earlier writes, or for those of the one thing that it reads. Nothing waits for reads, not even for
 * those that wait: a read may see what was written after it.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Carries out a request of a lane when its turn comes. */
  run<T>(name: string, kind: RequestKind, request: Request<T>): Promise<T> {
    if (!kind.isWrite) return readAfter(this.#lanes.get(name), kind, () => request(() => undefined));
    const lane = getOrCreate(this.#lanes, name, () => ({ writes: [], waiting: [] }));
    const write: Write = { kind, isSent: false, onEnd: [] };
    if (lane.waiting.length === 0 && mayStart(lane, kind)) return this.#start(name, lane, write, request);
    return new Promise((resolve, reject) => {
      write.start = () => void this.#start(name, lane, write, request).then(resolve, reject);
      lane.waiting.push(write);
    });
  }

  #start<T>(name: string, lane: Lane, write: Write, request: Request<T>): Promise<T> {
    lane.writes.push(write);
    const onSent = (): void => {
      write.isSent = true;
      goOn(lane);
    };
    return request(onSent).finally(() => {
      lane.writes.splice(lane.writes.indexOf(write), 1);
      for (const tell of write.onEnd) tell();
      goOn(lane);
      if (lane.writes.length + lane.waiting.length === 0) this.#lanes.delete(name);
    });
  }
}

/** Starts the writes that have to wait no longer. */
function goOn(lane: Lane): void {
  for (let [next] = lane.waiting; next && mayStart(lane, next.kind); [next] = lane.waiting) {
    lane.waiting.shift();
    next.start?.();
  }
}

/** Reads when the writes that are in a lane now have ended, as far as they concern what is read. */
function readAfter<T>(lane: Lane | undefined, kind: RequestKind, read: () => Promise<T>): Promise<T> {
  const before = lane ? [...lane.writes, ...lane.waiting].filter((write) => concerns(write.kind, kind)) : [];
  if (before.length === 0) return read();
  return new Promise((resolve, reject) => {
    let left = before.length;
    const onEnd = (): void => {
      left -= 1;
      if (left === 0) void read().then(resolve, reject);
    };
    for (const write of before) write.onEnd.push(onEnd);
  });
}

/** Whether a read has to wait for a write. */
function concerns(write: RequestKind, read: RequestKind): boolean {
  return read.key === undefined || (write.part === read.part && !isOfOther(read, write));
}

function mayStart({ writes }: Lane, kind: RequestKind): boolean {
  const { part, key } = kind;
  const isApart = ({ kind: other, isSent }: Write): boolean => {
    if (other.part !== part) return isSent;
    return (isSent || other.isPiped) && (key === undefined || isOfOther(kind, other));
  };
  return writes.length === 0 || (kind.isPiped && writes.length < OPEN_MAX && writes.every(isApart));
}

function isOfOther({ key }: RequestKind, other: RequestKind): boolean {
  return other.key !== undefined && other.key !== key;
}
