/**
 * The visits of a client to rooms: it enters them with history, reads older pages, leaves, and notes everything that it
 * does and hears.
 */

/**
 * Milliseconds until a client without an answer asks again. Each time, it waits twice as long: many requests at once
 * would make all of them late.
 */
const ANSWER_MS = 8_000;
/**
 * A server that hears nothing from the log confirms after a second what may not be in the log yet. Those who know when
 * the log was silent leave out what was confirmed then.
 */
const PROMPT_MS = 800;
/** Milliseconds for which a client that is to be late reads nothing. */
const LATE_MS = 1_500;
/** Rooms in which a client is at once. */
const ROOMS_MAX = 4;
/** The most older pages that a client reads after an entry. */
const OLDER_MAX = 3;
const ATTACHMENTS_MAX = 1_000;

/**
 * @typedef {import('./steps.js').Step} Step
 * @typedef {import('./steps.js').GuestSocket} GuestSocket
 * @typedef {import('./steps.js').VisitParts} VisitParts
 * @typedef {import('../soak/entries.js').Page} Page
 */

/** The visits of one client. */
export class Visits {
  /** @type {Step[]} */
  steps = [];
  /** When the client heard something last. */
  heardAt = 0;
  #socket;
  #parts;
  /** The rooms in which the client wants to be, and how many events of each it asks for. @type {Map<string, number>} */
  #wanted = new Map();
  /** @type {Set<string>} */
  #entered = new Set();
  /** The rooms with a request under way, by its number. @type {Map<string, number>} */
  #asking = new Map();
  #asks = 0;
  #connection = 0;

  /**
   * @param {GuestSocket} socket
   * @param {VisitParts} parts
   */
  constructor(socket, parts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.on('connect', () => this.#onConnect());
    socket.on('disconnect', () => {
      this.#connection += 1;
      this.#asking.clear();
    });
    /** @type {(tag: string, rooms: readonly string[]) => void} */
    const onWord = (tag, rooms) => {
      this.#know(tag, rooms);
      this.note({ type: 'event', tag });
    };
    socket.on(parts.word, onWord);
  }

  /** Whether the client is in all rooms in which it wants to be. */
  get isIn() {
    return (
      this.#socket.connected &&
      this.#asking.size === 0 &&
      [...this.#wanted.keys()].every((room) => this.#entered.has(room))
    );
  }

  /** Does one thing, and waits for its outcome. */
  async act() {
    if (!this.#socket.connected) return pause(20);
    const { random, cut, pauseMs } = this.#parts;
    const dice = random.integer(0, 99);
    const rooms = this.#pickRooms(dice % 4 === 0 ? random.integer(2, 3) : 1);
    if (dice < 12) await this.#say(rooms);
    if (dice >= 12 && dice < 24) for (const room of rooms) this.#leave(room);
    if (dice === 24) await this.#fall();
    for (const room of rooms) this.#wanted.set(room, random.pick([1, 5, 20, 20, 20, 100, 100, 1_000]));
    for (const room of rooms) this.#ask(room);
    if (dice >= 96 && cut) {
      await pause(random.integer(0, 30));
      cut(dice === 99);
    }
    for (let waited = 0; this.#asking.size > 0 && waited < 2 * ANSWER_MS; waited += 10) await pause(10);
    while (this.#wanted.size > ROOMS_MAX) this.#leave([...this.#wanted.keys()][0] ?? '');
    await pause(random.integer(0, pauseMs));
  }

  /**
   * Adds a step to the notes.
   * @param {Step extends infer Each ? (Each extends Step ? Omit<Each, 'at'> : never) : never} step
   */
  note(step) {
    this.heardAt = Date.now();
    this.steps.push(/** @type {Step} */ ({ at: this.heardAt, ...step }));
  }

  #onConnect() {
    const socket = this.#socket;
    this.#asking.clear();
    this.#connection += 1;
    this.note({ type: 'connect', socketId: socket.id ?? '', isRecovered: socket.recovered });
    if (!socket.recovered) this.#entered.clear();
    for (const room of this.#wanted.keys()) if (!this.#entered.has(room)) this.#ask(room);
  }

  /** @param {string} room */
  #ask(room, waitMs = ANSWER_MS) {
    // A client would keep the request for its next session, in which it may not want the room any more.
    if (!this.#socket.connected) return;
    const limit = this.#wanted.get(room) ?? 1;
    this.#asks += 1;
    const id = this.#asks;
    const connection = this.#connection;
    this.#asking.set(room, id);
    this.note({ type: 'ask', id, room, limit, known: this.#parts.known.get(room)?.size ?? 0 });
    const isOpen = () => connection === this.#connection && this.#asking.get(room) === id;
    const again = (/** @type {number} */ ms) => {
      if (isOpen()) this.#ask(room, ms);
    };
    /** @param {{ history?: Page, error?: { code: string } }} answer */
    const onAnswer = ({ history, error }) => {
      if (!isOpen()) return;
      if (!history) {
        this.note({ type: 'refused', room, code: String(error?.code) });
        setTimeout(again, 100, waitMs);
        return;
      }
      this.#asking.delete(room);
      this.#entered.add(room);
      this.note({ type: 'page', id, page: history });
      this.#knowAll(history);
      this.#parts.onEntered?.();
      if (id % this.#parts.olderEvery === 0) this.#readBack(room, limit, history.next, OLDER_MAX);
    };
    this.#socket.emit('naru:subscribe', room, { history: limit, attachmentsMax: ATTACHMENTS_MAX }, onAnswer);
    setTimeout(again, waitMs, 2 * waitMs);
  }

  /**
   * Reads some older pages, while events come.
   * @param {string} room
   * @param {number} limit
   * @param {string | undefined} before
   * @param {number} left
   */
  #readBack(room, limit, before, left) {
    if (before === undefined || left === 0) return;
    const connection = this.#connection;
    /** @param {Page & { error?: unknown }} page */
    const onPage = (page) => {
      // The client may have left the room, and then it may not read on.
      if (connection !== this.#connection || page.error) return;
      this.note({ type: 'older', room, limit, before, page });
      this.#knowAll(page);
      this.#readBack(room, limit, page.next, left - 1);
    };
    this.#socket.emit('naru:history', room, { before, limit, attachmentsMax: ATTACHMENTS_MAX }, onPage);
  }

  /** @param {string} room */
  #leave(room) {
    if (!this.#wanted.delete(room)) return;
    this.#asking.delete(room);
    this.#entered.delete(room);
    this.note({ type: 'leave', room });
    if (this.#socket.connected) this.#socket.emit('naru:unsubscribe', room);
  }

  /**
   * Says something in rooms, and waits until that is confirmed.
   * @param {readonly string[]} rooms
   */
  async #say(rooms) {
    const connection = this.#connection;
    let open = rooms.length;
    for (const room of rooms) {
      const at = Date.now();
      /** @param {string} tag */
      const onAnswer = (tag) => {
        open -= 1;
        if (Date.now() - at > PROMPT_MS) return;
        this.#know(tag, [room], Date.now());
        this.note({ type: 'word', tag });
      };
      this.#socket.emit('word', room, onAnswer);
    }
    for (let waited = 0; open > 0 && connection === this.#connection && waited < ANSWER_MS; waited += 10)
      await pause(10);
  }

  /** Reads nothing while the server sends a lot, so that the server has it read late. */
  async #fall() {
    const { random, stall } = this.#parts;
    stall(LATE_MS);
    this.#socket.emit('flood', () => undefined);
    await pause(random.integer(200, LATE_MS - 200));
  }

  /** @param {number} count */
  #pickRooms(count) {
    const { random, rooms } = this.#parts;
    return [...new Set(Array.from({ length: count }, () => random.pick(rooms)))];
  }

  /** @param {Page} page */
  #knowAll({ events }) {
    for (const { args } of events) this.#know(String(args[0]), /** @type {string[]} */ (args[1]));
  }

  /**
   * @param {string} tag
   * @param {readonly string[]} rooms
   * @param {number | null} confirmedAt
   */
  #know(tag, rooms, confirmedAt = null) {
    for (const room of rooms) {
      const known = this.#parts.known.get(room);
      if (!known?.has(tag)) known?.set(tag, confirmedAt);
    }
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
