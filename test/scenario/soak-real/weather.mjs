// Plans faults and their times from a seed.

/** About how many milliseconds pass between two faults of servers. */
const SERVER_EVERY_MS = 3_500;
/** Milliseconds between two deaths of workers. */
const WORKER_EVERY_MS = 2_000;
/** About how many milliseconds pass between two faults of one client. */
const CLIENT_EVERY_MS = 6_000;
/** The least milliseconds between two faults of clients. Each costs the machine a new connection. */
const CLIENT_FAULT_MS_MIN = 20;
const STALL_MS_MAX = 4_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Weather {
  isRaging = false;
  /** The place whose server is to end next, if it is to be a certain one. */
  pickPlace = () => undefined;
  events = [];
  counts = { cuts: 0, silentCuts: 0, mutes: 0, stalls: 0, moves: 0, bitten: 0 };
  #fleet;
  #lanes;
  #random;
  #seconds;
  #replacing = [];

  constructor(fleet, lanes, random, seconds) {
    this.#fleet = fleet;
    this.#lanes = lanes;
    this.#random = random;
    this.#seconds = seconds;
  }

  /** Causes faults for some seconds. Resolves when all servers are back. */
  async rage(log) {
    this.isRaging = true;
    const endAt = Date.now() + this.#seconds * 1_000;
    const strike = this.#fleet.reload ? this.#strikeWorkers(log) : this.#strikeServers(endAt, log);
    await Promise.all([strike, this.#strikeLanes(endAt), this.#look(endAt)]);
    await Promise.all(this.#replacing);
    this.isRaging = false;
  }

  /** Makes the client of an index read nothing for some milliseconds. */
  stall(index, ms) {
    this.#lanes[index].relay.stall(ms);
    this.#note('stalls', this.#lanes[index], ms);
  }

  async #strikeServers(endAt, log) {
    const random = this.#random.fork();
    const count = Math.max(2, Math.round((this.#seconds * 1_000) / SERVER_EVERY_MS));
    const everyMs = (this.#seconds * 1_000) / (count + 1);
    const startedAt = Date.now();
    let isKill = random.chance(0.5);
    for (let at = 1; at <= count; at += 1) {
      await sleep(Math.max(0, startedAt + at * everyMs + random.integer(-200, 200) - Date.now()));
      // First one fault of each kind, then a random course, sometimes several at once.
      const signal = isKill ? 'SIGKILL' : 'SIGTERM';
      isKill = at < 2 ? !isKill : random.chance(0.6);
      const isAll = at > 2 && random.chance(0.15);
      const any = random.integer(0, this.#fleet.size - 1);
      const first = this.pickPlace() ?? any;
      for (let place = 0; place < (isAll ? this.#fleet.size : 1); place += 1) {
        log(
          `${((Date.now() - startedAt) / 1_000).toFixed(1)} s: ${signal} for place ${(first + place) % this.#fleet.size}`,
        );
        this.#replacing.push(
          this.#fleet.replace((first + place) % this.#fleet.size, signal, random.integer(100, 1_200)),
        );
      }
    }
    await sleep(Math.max(0, endAt - Date.now()));
  }

  /** Kills workers, and has all of them replaced in the middle. */
  async #strikeWorkers(log) {
    const random = this.#random.fork();
    const startedAt = Date.now();
    const overMs = this.#seconds * 1_000;
    let isReloaded = false;
    for (let atMs = WORKER_EVERY_MS; atMs < overMs; atMs += WORKER_EVERY_MS) {
      await sleep(Math.max(0, startedAt + atMs - Date.now()));
      const time = `${(atMs / 1_000).toFixed(1)} s`;
      if (!isReloaded && atMs >= overMs / 2) {
        isReloaded = true;
        log(`${time}: SIGHUP`);
        this.#replacing.push(this.#fleet.reload());
      }
      log(`${time}: SIGKILL`);
      this.#replacing.push(this.#fleet.replace(random.integer(0, this.#fleet.size - 1), 'SIGKILL'));
    }
    await sleep(Math.max(0, startedAt + overMs - Date.now()));
  }

  /** Measures the memory of the servers. */
  async #look(endAt) {
    for (; Date.now() < endAt; await sleep(1_000)) await this.#fleet.look();
  }

  async #strikeLanes(endAt) {
    const random = this.#random.fork();
    const everyMs = Math.max(CLIENT_FAULT_MS_MIN, CLIENT_EVERY_MS / this.#lanes.length);
    let next = Date.now() + everyMs;
    while (Date.now() < endAt) {
      for (; next <= Date.now(); next += everyMs) this.#strike(random.pick(this.#lanes), random);
      await sleep(Math.max(1, next - Date.now()));
    }
  }

  #strike(lane, random) {
    const kind = random.fraction();
    if (random.chance(0.25)) {
      lane.move();
      this.counts.moves += 1;
    }
    if (kind < 0.4) {
      lane.relay.cut();
      this.#note('cuts', lane);
    } else if (kind < 0.5) {
      lane.relay.cut(true);
      this.#note('silentCuts', lane);
    } else if (kind < 0.57) {
      lane.relay.mute();
      this.#note('mutes', lane);
    } else if (kind < 0.8) {
      this.stall(lane.index, random.integer(300, STALL_MS_MAX));
    } else {
      // The next connection breaks somewhere, too.
      lane.relay.bytesMax = random.integer(20, 3_000);
      lane.relay.cut();
      this.#note('bitten', lane);
    }
  }

  #note(name, lane, ms = 0) {
    this.counts[name] += 1;
    this.events.push({ at: Date.now(), to: Date.now() + ms, client: lane.index, what: name });
  }
}
