/** Compares what the clients of an entry soak have noted with the log. */
import { encodeOffset } from '../../../packages/naru/src/backplane/backplane.js';
import { Entries, type Page } from '../soak/entries.js';
import { fingerprint, type Kept, Truth } from '../soak/truth.js';
import type { Asking, LoggedWord } from './messages.js';
import type { Known, Step } from './steps.js';

/** The facts that the soak knows besides the notes of the clients. */
export interface Course {
  readonly log: readonly LoggedWord[];
  readonly askings: readonly Asking[];
  readonly killedAt: ReadonlyMap<number, number>;
  readonly known: ReadonlyMap<string, Known>;
  /** Whether a server, or any server for `undefined`, could not reach the log at some time between two others. */
  wasUnsure?(boot: number | undefined, from: number, to: number): boolean;
}

/** A broken promise: a client has it at a step. */
export interface Fault {
  readonly kind: FaultKind;
  readonly text: string;
  readonly step: number;
}

/** The kinds of faults. */
export const FAULT_KINDS = ['lost', 'doubled', 'before its page', 'missing in a page', 'other'] as const;
type FaultKind = (typeof FAULT_KINDS)[number];

/** Milliseconds after which the home has the rooms of a session whose client has entered. */
const WRITTEN_MS = 500;
/** Milliseconds of silence of the log after which a server confirms without it. */
const PATIENCE_MS = 1_000;
/** Steps that are shown before a fault. */
const STEPS_SHOWN = 12;
/** Milliseconds after a connect in which the missed events come. */
const MISSED_MS = 2_000;

/** The truth of a soak, made of its log. */
export class Record {
  readonly truth = new Truth();
  readonly offsets: readonly string[];
  readonly killedAt: ReadonlyMap<number, number>;
  readonly wasUnsure: NonNullable<Course['wasUnsure']>;
  /** For each room: the newest sequence of the first events that clients knew. */
  readonly #known = new Map<string, number[]>();

  constructor({ log, askings, killedAt, known, wasUnsure = () => false }: Course) {
    this.wasUnsure = wasUnsure;
    this.offsets = log.map(({ offset }) => offset);
    this.killedAt = killedAt;
    for (const [index, { tag, rooms, except }] of log.entries()) {
      const node = Number(tag.split('.')[0]);
      this.truth.emit({ id: tag, namespace: '/', rooms, except, print: fingerprint([rooms]), node });
      const record = {
        rooms: [...rooms],
        except: [...except],
        event: JSON.stringify(['m', tag]),
        attachments: [],
        at: 0,
      };
      this.truth.append('/', [record], [encodeOffset(index + 1)], node);
    }
    for (const { boot, socketId, room, at, newest } of askings) {
      const handedOut = this.truth.sequenceOf(newest) ?? 0;
      this.truth.ask(socketId, room, { node: boot, namespace: '/', handedOut, given: 0, at }, 0);
    }
    for (const [room, tags] of known) {
      let newest = 0;
      this.#known.set(
        room,
        [...tags].map(([tag, confirmedAt]) => {
          if (confirmedAt === null || this.isKept(tag, confirmedAt))
            newest = Math.max(newest, this.truth.sequenceOf(tag) ?? 0);
          return newest;
        }),
      );
    }
  }

  /** The sequence of the first event at an offset or after it. */
  sequenceFrom(offset: string): number {
    let [least, most] = [0, this.offsets.length];
    while (least < most) {
      const middle = (least + most) >> 1;
      if ((this.offsets[middle] ?? offset) < offset) least = middle + 1;
      else most = middle;
    }
    return least + 1;
  }

  /** Whether the log surely had a word when it was confirmed. Its server had perhaps stopped waiting for the log. */
  isKept(tag: string, confirmedAt: number): boolean {
    return !this.wasUnsure(Number(tag.split('.')[0]), confirmedAt - PATIENCE_MS, confirmedAt);
  }

  /** The newest sequence among the first `count` events of a room that clients knew. */
  knownAt(room: string, count: number): number {
    return this.#known.get(room)?.[count - 1] ?? 0;
  }
}

/** Replays the notes of a client. Returns its faults. */
export function replay(name: string, steps: readonly Step[], record: Record): Fault[] {
  const replayed = new Replay(name, record);
  for (const [index, step] of steps.entries()) replayed.take(step, index);
  replayed.end(steps.length);
  return replayed.faults;
}

/** Describes a fault of a client in lines: the fault, and the steps before it. */
export function explain(name: string, { text, step }: Fault, steps: readonly Step[]): string[] {
  const before = steps.slice(Math.max(0, step - STEPS_SHOWN), step + 1);
  return [
    text.startsWith(name) ? text : `${name}: ${text}`,
    ...before.map(({ at, ...each }) => `  ${at} ${'page' in each ? describe(each) : JSON.stringify(each)}`),
  ];
}

function describe({ page, ...step }: Untimed<'page'> | Untimed<'older'>): string {
  const { events, hasMore, hasGap } = page;
  const tags = events.map(({ args }) => String(args[0]));
  return `${JSON.stringify(step)}: ${tags.length} events from ${tags[0]} to ${tags.at(-1)}, more: ${hasMore}, gap: ${hasGap}`;
}

type Untimed<Type extends Step['type']> = Omit<Extract<Step, { type: Type }>, 'at'>;

class Replay {
  readonly faults: Fault[] = [];
  readonly #record: Record;
  readonly #entries: Entries;
  readonly #asks = new Map<number, Extract<Step, { type: 'ask' }> & { seen: number; said: number; socketId: string }>();
  /** Rooms that the client has entered a short time ago. */
  #fresh: { readonly room: string; readonly at: number }[] = [];
  #now = 0;
  #step = 0;
  #last = 0;
  #socketId = '';
  #connectedAt = 0;

  constructor(name: string, record: Record) {
    this.#record = record;
    this.#entries = new Entries(record.truth, {
      name,
      namespace: '/',
      rooms: [],
      wasUnsure: (node, since) => record.wasUnsure(node, since, this.#now),
      isLiving: (node) => (record.killedAt.get(node) ?? Number.POSITIVE_INFINITY) > this.#now,
      oldest: () => 1,
    });
  }

  take(step: Step, index: number): void {
    this.#now = step.at;
    this.#step = index;
    this.#fresh = this.#fresh.filter(({ room, at }) => {
      if (!this.#isWritten(at)) return true;
      this.#entries.onWritten(room);
      return false;
    });
    this.#try(() => this.#take(step));
  }

  /** Everything has arrived. */
  end(index: number): void {
    this.#step = index;
    this.#expectNoneMissing(this.#record.truth.of('/').end + 1);
  }

  #take(step: Step): void {
    if (step.type === 'connect') this.#connect(step.socketId, step.isRecovered);
    else if (step.type === 'ask') {
      const said = this.#entries.onAsk(step.room);
      this.#asks.set(step.id, { ...step, seen: this.#last, said, socketId: this.#socketId });
    } else if (step.type === 'page') this.#enter(step.id, step.page);
    else if (step.type === 'older') {
      const before = encodeOffset(this.#record.sequenceFrom(step.before));
      this.#entries.onOlder(step.room, step.limit, before, this.#numbered(step.page));
    } else if (step.type === 'event') this.#hear(step.tag);
    else if (step.type === 'word') {
      if (this.#record.isKept(step.tag, step.at)) this.#entries.onWord(step.tag);
    } else if (step.type === 'leave') this.#entries.onLeave(step.room, this.#last);
    else if (step.type === 'gap') throw new RangeError(`was told of the gap ${JSON.stringify(step.gap)}`);
    else if (step.code !== 'TOO_MANY') throw new RangeError(`may not enter ${step.room}: ${step.code}`);
  }

  #connect(socketId: string, isRecovered: boolean): void {
    this.#connectedAt = this.#now;
    this.#socketId = socketId;
    if (isRecovered) {
      this.#entries.resume(this.#last);
      return;
    }
    this.#entries.reset();
    this.#fresh = [];
    this.#last = 0;
  }

  #enter(id: number, page: Page): void {
    const ask = this.#asks.get(id);
    if (!ask) return;
    this.#asks.delete(id);
    this.#fresh.push({ room: ask.room, at: this.#now });
    const seen = Math.max(ask.seen, this.#record.knownAt(ask.room, ask.known));
    this.#entries.onPage({ ...ask, seen }, this.#numbered(page), this.#last, 0);
  }

  /** The page with sequences in the place of offsets. */
  #numbered(page: Page): Page {
    const events = page.events.map(({ offset, event, args }) => {
      const sequence = this.#record.truth.sequenceOf(String(args[0])) ?? 0;
      if (this.#record.offsets[sequence - 1] !== offset)
        throw new RangeError(`got ${String(args[0])} at ${offset}, where the log does not have it`);
      return { event, args, offset: encodeOffset(sequence) };
    });
    return { ...page, events };
  }

  /**
   * Whether a server that let the client in at a time has written that by now. It tries again while it cannot reach the
   * log.
   */
  #isWritten(at: number): boolean {
    for (let since = at; since + WRITTEN_MS < this.#now; since += WRITTEN_MS)
      if (!this.#record.wasUnsure(undefined, since, since + WRITTEN_MS)) return true;
    return false;
  }

  #hear(tag: string): void {
    const { truth } = this.#record;
    const sequence = truth.sequenceOf(tag);
    const kept = sequence === undefined ? undefined : truth.of('/').at(sequence);
    if (sequence === undefined || !kept) throw new RangeError(`got ${tag}, which is not in the log`);
    const last = this.#last;
    if (!this.#entries.mayGet(kept)) throw new RangeError(`got ${tag} of ${kept.rooms}, and never asked for it`);
    this.#expectNoneMissing(sequence);
    this.#last = Math.max(last, sequence);
    this.#entries.onEvent(kept, this.#socketId, this.#now - this.#connectedAt < MISSED_MS);
    if (sequence <= last) throw new RangeError(`got ${tag} (${sequence}) twice or late, after ${last}`);
  }

  #expectNoneMissing(before: number): void {
    const { kept } = this.#record.truth.of('/');
    for (const each of kept.slice(this.#last, Math.max(this.#last, before - 1)))
      if (this.#mustGet(each))
        this.#fault(`lost ${each.sent?.id} (${each.sequence}, for ${each.rooms}) after ${this.#last}`);
  }

  #mustGet(kept: Kept): boolean {
    return !kept.except.includes(this.#socketId) && this.#entries.mustGet(kept);
  }

  #try(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fault((error as Error).message);
    }
  }

  #fault(text: string): void {
    this.faults.push({ kind: kindOf(text), text, step: this.#step });
  }
}

function kindOf(text: string): FaultKind {
  if (/before its page/.test(text)) return 'before its page';
  if (/after its page|again after|twice/.test(text)) return 'doubled';
  if (/^lost|nowhere/.test(text)) return 'lost';
  return /without/.test(text) ? 'missing in a page' : 'other';
}
