// The record of one client's input and output, for the checker.

/** The step after which a client asks a server for its session. */
export const ASKS = 'has a session';
/** The beginning of the step with which a client has lost its session before it was back. */
export const LOSES = 'loses it';

/**
 * The record of a client. Tags and numbers are in the order of arrival; everything else refers to a place among them.
 */
export class ClientRecord {
  /** Tags of messages, in the order of arrival. */
  seen = [];
  /**
   * The starts of connections: `at`, the number of messages until then, whether it continues the previous connection,
   * and `until`, the number of messages when the newest came over it.
   */
  connects = [];
  /** The times at which a server disconnected the client, and how long the newest message had been on its way. */
  kicks = [];
  /** Questions, each with the number of messages until then, and the place of its connection among `connects`. */
  questions = [];
  /** Rooms that the client asked to join: the attempt, at which connect, and whether the join was confirmed. */
  enters = [];
  /** The reported gaps. */
  gaps = [];
  /** Numbers of confirmed messages, and of those with an unknown outcome. */
  sure = [];
  /** When each of them was confirmed. */
  sureAt = [];
  maybe = [];
  /** How many of the newest messages the client asks for at each connection, if it is a plain client that does so. */
  history;
  /** When such a client got each message. */
  seenAt;
  /** Whether the client sends one message after the other, with `retries`. */
  hasQueue = false;
  /** The longest time from an event to its arrival, and when that event was emitted. */
  lagMaxMs = 0;
  lagMaxAt = 0;
  /** The times without a connection: from its end to the next connect, and the steps in between, with their times. */
  returns = [];
  #lostAt;
  #steps = [];
  #lagMs = 0;

  constructor(index, wire, rooms) {
    this.index = index;
    this.wire = wire;
    this.rooms = rooms;
  }

  see(tag, at) {
    this.seen.push(tag);
    this.seenAt?.push(Date.now());
    this.#lagMs = Date.now() - at;
    if (this.#lagMs <= this.lagMaxMs) return;
    this.lagMaxMs = this.#lagMs;
    this.lagMaxAt = at;
  }

  /** `id`, `attempt` and the `offset` that it named are those of a client with a handshake of its own. */
  connect(goesOn, id, attempt, offset) {
    const time = Date.now();
    if (this.#lostAt !== undefined) this.returns.push({ from: this.#lostAt, to: time, steps: this.#steps });
    this.#lostAt = undefined;
    this.connects.push({ at: this.seen.length, goesOn, time, id, attempt, offset, until: this.seen.length });
  }

  /** The connection has ended. */
  lose() {
    if (this.#lostAt === undefined) this.#steps = [];
    this.#lostAt ??= Date.now();
  }

  /** Notes a step on the way back. */
  step(what) {
    if (this.#lostAt !== undefined) this.#steps.push([Date.now() - this.#lostAt, what]);
  }

  /** Notes that the newest message came over the newest connection. */
  own() {
    this.connects.at(-1).until = this.seen.length;
  }

  confirm(n) {
    this.sure.push(n);
    this.sureAt.push(Date.now());
  }

  kick() {
    this.kicks.push({ at: this.seen.length, connect: this.connects.length - 1, time: Date.now(), lagMs: this.#lagMs });
  }

  ask(question) {
    this.questions.push({ question, at: this.seen.length, connect: this.connects.length - 1, time: Date.now() });
  }

  gap(gap) {
    this.gaps.push({ at: this.seen.length, time: Date.now(), gap });
  }

  get hasSeen() {
    this.known ??= { count: 0, tags: new Set() };
    for (; this.known.count < this.seen.length; this.known.count += 1) this.known.tags.add(this.seen[this.known.count]);
    return (tag) => this.known.tags.has(tag);
  }

  toJSON() {
    const { known: _known, ...rest } = this;
    return rest;
  }
}
