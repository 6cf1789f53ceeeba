/** Sends heart-beats, and notices missing ones. STOMP 1.2, "Heart-beating". */
import type { Clock } from 'naru/base';
import { DeadlineEntry, Deadlines, getOrCreate } from 'naru/base';

/** A connection with heart-beats. */
export interface Beating {
  /** Called when it is time to send a heart-beat. */
  beat(): void;
  /** Called when the client sent nothing for `ms` milliseconds. */
  onSilence(ms: number): void;
}

/** One direction of one connection's heart-beats. */
export class Beat extends DeadlineEntry {
  readonly connection: Beating;
  readonly #queue: Deadlines<Beat>;

  constructor(connection: Beating, queue: Deadlines<Beat>) {
    super();
    this.connection = connection;
    this.#queue = queue;
    queue.add(this);
  }

  /** Restarts the interval. */
  renew(): void {
    this.#queue.add(this);
  }

  /** Ends the heart-beats of this direction. */
  stop(): void {
    this.#queue.remove(this);
  }
}

/** A client counts as gone after this many silent intervals. Being late by less than one interval is allowed. */
const PATIENCE = 2;
const DAY_MS = 86_400_000;

/**
 * The heart-beats of all connections. Connections with the same interval share a timer. Intervals are rounded, so that
 * few timers are needed.
 */
export class HeartBeats {
  readonly #clock: Clock;
  readonly #sending = new Map<number, Deadlines<Beat>>();
  readonly #watching = new Map<number, Deadlines<Beat>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `beat` at least every `intervalMs` milliseconds, up to a day. Returns `undefined` for 0. */
  send(connection: Beating, intervalMs: number): Beat | undefined {
    if (intervalMs === 0) return undefined;
    const ms = round(Math.min(intervalMs, DAY_MS), Math.floor);
    return new Beat(connection, this.#queueOf(this.#sending, ms, onDue));
  }

  /**
   * Calls `onSilence` after twice `intervalMs` milliseconds without `renew`. Returns `undefined` for 0, and if twice
   * the interval exceeds a day.
   */
  watch(connection: Beating, intervalMs: number): Beat | undefined {
    if (intervalMs === 0 || intervalMs * PATIENCE > DAY_MS) return undefined;
    const ms = round(intervalMs * PATIENCE, Math.ceil);
    return new Beat(
      connection,
      this.#queueOf(this.#watching, ms, (beat) => beat.connection.onSilence(ms)),
    );
  }

  #queueOf(queues: Map<number, Deadlines<Beat>>, ms: number, onExpired: (beat: Beat) => void): Deadlines<Beat> {
    return getOrCreate(queues, ms, () => new Deadlines<Beat>(this.#clock, ms, onExpired));
  }
}

function onDue(beat: Beat): void {
  beat.renew();
  beat.connection.beat();
}

/** Rounds to 20 milliseconds below a second, to seconds below a minute, and to minutes above. */
function round(ms: number, how: (value: number) => number): number {
  const step = ms < 1_000 ? 20 : ms < 60_000 ? 1_000 : 60_000;
  return Math.max(step, how(ms / step) * step);
}
