// Plans the faults of a broker and of the links to it from a seed.

/** About how many milliseconds pass between two faults of links. */
const LINK_EVERY_MS = 4_000;
const STALL_MS_MAX = 2_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Storm {
  events = [];
  /** The times in which the broker surely answered nobody. */
  silences = [];
  /** When the broker was killed, if it confirms texts before it has written them (docs/clusters.md). */
  crashes = [];
  counts = { crashes: 0, standstills: 0, promotions: 0, links: 0 };
  #home;
  #random;
  #overMs;
  #startedAt = 0;

  constructor(home, random, overMs) {
    this.#home = home;
    this.#random = random;
    this.#overMs = overMs;
  }

  /** Causes faults for the time. Resolves when the broker answers again. */
  async rage(log) {
    const { links } = this.#home;
    if (!links) return;
    this.#startedAt = Date.now();
    await Promise.all([this.#strikeBroker(log), this.#strikeLinks(links)]);
  }

  async #strikeBroker(log) {
    const most = this.#overMs / 10;
    const faults = this.#home.isReplicated
      ? [[0.5, 'promotion', Math.min(3_000, most)]]
      : [
          [0.2, 'crash', Math.min(1_000, most)],
          [0.45, 'standstill', Math.min(10_000, most)],
          [0.7, 'crash', Math.min(7_000, most)],
        ];
    for (const [part, kind, ms] of faults) {
      const jitterMs = (this.#random.fraction() * this.#overMs) / 20;
      await sleep(Math.max(0, this.#startedAt + part * this.#overMs + jitterMs - Date.now()));
      const at = `${((Date.now() - this.#startedAt) / 1_000).toFixed(1)} s`;
      log(`${at}: ${kind} of the broker, ${Math.round(ms)} ms`);
      const fault = this.#note(`${kind} of the broker`, Number.POSITIVE_INFINITY);
      if (kind !== 'promotion') this.silences.push({ from: fault.at, to: fault.at + ms });
      await this.#strike(kind, ms);
      fault.to = this.#note(`end of the ${kind}`).at;
    }
  }

  #strike(kind, ms) {
    if (kind === 'crash') {
      this.counts.crashes += 1;
      if (this.#home.kind === 'nats') this.crashes.push(Date.now());
      return this.#home.crash(ms);
    }
    if (kind === 'standstill') {
      this.counts.standstills += 1;
      return this.#home.stall(ms);
    }
    this.counts.promotions += 1;
    return this.#home.promote(ms);
  }

  async #strikeLinks(links) {
    const random = this.#random.fork();
    for (;;) {
      await sleep(random.integer(LINK_EVERY_MS / 2, LINK_EVERY_MS * 1.5));
      if (Date.now() - this.#startedAt > this.#overMs) break;
      const place = random.integer(0, links.length - 1);
      const link = links[place];
      const kind = random.fraction();
      this.counts.links += 1;
      if (kind < 0.4) {
        this.#note(`link ${place} is cut`);
        link.cut();
      } else if (kind < 0.55) {
        this.#note(`link ${place} is cut for the server alone`);
        link.cut(true);
      } else if (kind < 0.7) {
        this.#note(`link ${place} is mute`);
        link.mute();
      } else if (kind < 0.85) {
        const ms = random.integer(300, STALL_MS_MAX);
        this.#note(`link ${place} stalls`, ms);
        link.stall(ms);
      } else {
        const fault = this.#note(`link ${place} is refused`, Number.POSITIVE_INFINITY);
        link.refuse();
        await sleep(random.integer(300, STALL_MS_MAX));
        link.mend();
        fault.to = this.#note(`link ${place} is accepted`).at;
      }
    }
  }

  /** Notes a fault that ends after `ms` milliseconds, and returns it. */
  #note(what, ms = 0) {
    const fault = { at: Date.now(), to: Date.now() + ms, what };
    this.events.push(fault);
    return fault;
  }
}
