/** The order of requests that go to different streams. */
import { getOrCreate } from 'naru/base';

/** The kind of a request. */
export interface RequestKind {
  /** The part of the home that it goes to. Different parts are different streams, which promise no order. */
  readonly part: string;
  readonly isWrite: boolean;
  /**
   * Whether writes of this part take effect in the order in which they are sent, so that they need not wait for each
   * other.
   */
  readonly isPipelined: boolean;
  /**
   * The thing in its part that it concerns. Requests for different things need not wait for each other, if their part
   * is pipelined.
   */
  readonly key?: string;
}

/** Writes of a pipeline that are under way at the same time. */
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

/** The writes of one namespace, or of texts of none. */
interface Pipeline {
  /** The writes under way. */
  readonly writes: Write[];
  /** Writes that have to wait, oldest first. */
  readonly waiting: Write[];
}

/** A request. It calls `onSent` if it is a write that takes effect before everything that is sent afterwards. */
type Request<T> = (onSent: () => void) => Promise<T>;

/**
 * Starts requests so that they take effect in their order. A write waits until earlier writes to other parts of its
 * namespace are sent or have ended, and until those of the same thing have ended. A read waits for all earlier writes,
 * or for those of the one thing that it reads. Nothing waits for reads, not even for those that wait: a read may see
 * what was written after it.
 */
export class Pipelines {
  readonly #pipelines = new Map<string, Pipeline>();

  /** Carries out a request of a pipeline as soon as its order allows. */
  run<T>(name: string, kind: RequestKind, request: Request<T>): Promise<T> {
    if (!kind.isWrite) return readAfter(this.#pipelines.get(name), kind, () => request(() => undefined));
    const pipeline = getOrCreate(this.#pipelines, name, () => ({ writes: [], waiting: [] }));
    const write: Write = { kind, isSent: false, onEnd: [] };
    if (pipeline.waiting.length === 0 && mayStart(pipeline, kind)) return this.#start(name, pipeline, write, request);
    return new Promise((resolve, reject) => {
      write.start = () => void this.#start(name, pipeline, write, request).then(resolve, reject);
      pipeline.waiting.push(write);
    });
  }

  #start<T>(name: string, pipeline: Pipeline, write: Write, request: Request<T>): Promise<T> {
    pipeline.writes.push(write);
    const onSent = (): void => {
      write.isSent = true;
      goOn(pipeline);
    };
    return request(onSent).finally(() => {
      pipeline.writes.splice(pipeline.writes.indexOf(write), 1);
      for (const tell of write.onEnd) tell();
      goOn(pipeline);
      if (pipeline.writes.length + pipeline.waiting.length === 0) this.#pipelines.delete(name);
    });
  }
}

/** Starts the writes that have to wait no longer. */
function goOn(pipeline: Pipeline): void {
  for (let [next] = pipeline.waiting; next && mayStart(pipeline, next.kind); [next] = pipeline.waiting) {
    pipeline.waiting.shift();
    next.start?.();
  }
}

/** Reads when the writes that are in a pipeline now have ended, as far as they concern what is read. */
function readAfter<T>(pipeline: Pipeline | undefined, kind: RequestKind, read: () => Promise<T>): Promise<T> {
  const before = pipeline
    ? [...pipeline.writes, ...pipeline.waiting].filter((write) => concerns(write.kind, kind))
    : [];
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

function mayStart({ writes }: Pipeline, kind: RequestKind): boolean {
  const { part, key } = kind;
  const isApart = ({ kind: other, isSent }: Write): boolean => {
    if (other.part !== part) return isSent;
    return (isSent || other.isPipelined) && (key === undefined || isOfOther(kind, other));
  };
  return writes.length === 0 || (kind.isPipelined && writes.length < OPEN_MAX && writes.every(isApart));
}

function isOfOther({ key }: RequestKind, other: RequestKind): boolean {
  return other.key !== undefined && other.key !== key;
}
