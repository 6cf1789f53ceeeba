// Makes servers call on the sockets of all processes: joins and leaves from afar, disconnects, and questions.

/** Rooms that clients enter and leave only from afar. */
export const FAR = Array.from({ length: 6 }, (_, n) => `far-${n}`);
const GROUPS = Array.from({ length: 16 }, (_, n) => `group-${n}`);

/** Milliseconds between two calls of each kind. */
const DEED_MS = 120;
const KICK_MS = 900;
const QUESTION_MS = 250;
const SIDE_MS = 500;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls servers at random, and keeps what they answer. */
export class Callers {
  questions = [];
  sides = [];
  fetches = [];
  counts = { deeds: 0, kicks: 0 };
  #fleet;
  #random;
  #waiting = new Set();
  #numbers = 0;

  constructor(fleet, random) {
    this.#fleet = fleet;
    this.#random = random;
  }

  /** Calls for some milliseconds. Resolves when all answers are there. */
  async call(overMs) {
    const until = Date.now() + overMs;
    const repeat = async (everyMs, one) => {
      for (; Date.now() < until; await sleep(everyMs)) {
        const { living } = this.#fleet;
        if (living.length === 0) continue;
        const call = one(this.#random.pick(living)).finally(() => this.#waiting.delete(call));
        this.#waiting.add(call);
      }
    };
    await Promise.all([
      repeat(DEED_MS, (server) => this.#deed(server)),
      repeat(KICK_MS, (server) => this.#kick(server)),
      repeat(QUESTION_MS, (server) => this.#ask(server, this.#groups(2))),
      repeat(SIDE_MS, (server) => this.#side(server)),
    ]);
    await Promise.all(this.#waiting);
  }

  /** Returns which servers do not list exactly these clients as present, and how their lists differ. */
  async presenceFaults(indexes) {
    const { living } = this.#fleet;
    const lists = await Promise.all(living.map((server) => server.call('present')));
    return living.flatMap(({ boot }, at) => {
      const list = lists[at] ?? [];
      const missing = indexes.filter((index) => !list.includes(index));
      const more = list.filter((index, place) => !indexes.includes(index) || list.indexOf(index) < place);
      return missing.length + more.length > 0
        ? [`server ${boot} lacks clients ${missing} and has ${more} too much`]
        : [];
    });
  }

  /**
   * Asks everything once more while nothing breaks. Returns `false` unless all answers are complete. `count` is the
   * number of sockets.
   */
  async isComplete(count, askedCount) {
    const before = this.questions.length;
    const { living } = this.#fleet;
    const fetched = await Promise.all(living.map((server) => server.call('fetch')));
    if (fetched.some((answer) => answer?.missing.length !== 0 || new Set(answer.ids).size !== count)) return false;
    await Promise.all(living.flatMap((server) => [this.#ask(server, GROUPS), this.#side(server)]));
    return this.questions.slice(before).every(({ error, responses }) => !error && responses.length === askedCount);
  }

  #groups(count) {
    return Array.from({ length: count }, () => this.#random.pick(GROUPS));
  }

  #deed(server) {
    const random = this.#random;
    const room = random.pick(FAR);
    const say = ['say', undefined, room];
    const join = ['join', this.#groups(3), room];
    // All leave, or those of some groups.
    const leave = ['leave', random.chance(0.5) ? room : this.#groups(2), room];
    const courses = [
      [join, say, say],
      [say, join, say],
      [leave, say],
      [say, leave, say],
      [say, join, say, leave, say],
      [say],
    ];
    this.counts.deeds += 1;
    return server.call('far', { deeds: random.pick(courses) });
  }

  async #kick(server) {
    const from = Date.now();
    const answer = await server.call('kick', { part: this.#random.fraction(), close: this.#random.chance(0.5) });
    if (answer?.isDone) this.counts.kicks += 1;
    this.#note(this.fetches, server, answer, from);
  }

  async #ask(server, rooms) {
    this.#numbers += 1;
    const question = this.#numbers;
    const from = Date.now();
    this.#note(this.questions, server, await server.call('ask', { question, rooms }), from, { question });
  }

  async #side(server) {
    const from = Date.now();
    this.#note(this.sides, server, await server.call('side', { value: 1 }), from);
  }

  #note(list, { boot }, answer, from, more = {}) {
    if (answer) list.push({ boot, ...answer, from, to: Date.now(), ...more });
  }
}
