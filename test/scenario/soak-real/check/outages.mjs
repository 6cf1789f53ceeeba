// The times at which servers could not reach the home of the log, as each of them has noticed. Promises are weaker
// then. Questions and the ends of sessions wait for a log that is silent for a second. A message that was confirmed
// after that is lost if its server dies before the log is back.

/**
 * Milliseconds without an answer of the home after which a server may have stopped waiting, and from an answer to the
 * next request.
 */
const UNSURE_MS = 900;
const BEAT_MS = 200;
/** Milliseconds for which a message that was confirmed without the log waits for it at most. */
const WAITING_MS = 20_000;
/** Milliseconds after an outage in which its effects may still arrive. */
const AFTER_MS = 500;
/** Milliseconds without the home after which a server may have lost its claims, less the time between two answers. */
const CLAIM_MS = 2_800;
/**
 * Milliseconds without the home after which the others may have taken a server for ended: its lease, less the time
 * between two renewals. Milliseconds after which they surely know it again.
 */
const LEASE_MS = 4_000;
const KNOWN_AGAIN_MS = 2_000;
/** Milliseconds in which a change is surely on its way to the home. */
const WRITTEN_MS = 2_000;
/**
 * Milliseconds before a promotion in which Redis has stored what the replica lacks: the replica falls behind for three
 * seconds, and its link may have been slow before.
 */
const BEHIND_MS = 4_000;
/** Milliseconds before a crash of NATS in which it may have confirmed texts that it loses (docs/clusters.md). */
const UNSAVED_MS = 2_000;

/** The outages of all servers. */
export class Outages {
  #all = [];
  #count = 0;
  #isRemote;
  #stored;
  #ends;
  /** When the home has answered each server that was ended, by the code of its node and by its number. */
  #beats = new Map();
  #crashes;
  #forgottenAt;
  #lives;

  /**
   * `lives` are those of servers, each `to` the time at which it was told to end, and ended at `goneAt`. `beats` are
   * the times at which the home has answered each of them. `stored` says when it had stored the answers to events with
   * keys: all that the server had given by `asked` were stored at `at`. A home may store them long after the events.
   * `crashes` are the times at which a broker was killed that confirms texts before it has written them. `forgottenAt`
   * is when a replica without the newest texts took over.
   * @param {Map<any, any>} [lives]
   * @param {Map<any, any>} [beats]
   * @param {Map<any, any>} [stored]
   * @param {number[]} [crashes]
   * @param {number} [forgottenAt]
   */
  constructor(lives, beats = new Map(), stored = new Map(), crashes = [], forgottenAt = undefined) {
    this.#crashes = crashes;
    this.#forgottenAt = forgottenAt;
    this.#lives = [...(lives ?? new Map()).values()];
    this.#stored = stored;
    this.#isRemote = lives !== undefined;
    this.#ends = [...(lives ?? new Map()).values()].map(({ to, goneAt = to }) => goneAt);
    for (const [boot, { node, from, to, goneAt = to }] of lives ?? []) {
      const times = [from, ...(beats.get(boot) ?? [])];
      if (Number.isFinite(to)) for (const name of [boot, node]) this.#beats.set(name, times);
      const end = Math.max(Number.isFinite(goneAt) ? goneAt : 0, times.at(-1));
      [...times, end].forEach((time, index, all) => {
        const next = all[index + 1];
        const isEnd = index === all.length - 2;
        if (next - time > UNSURE_MS) this.#count += 1;
        // The newest answer says nothing of events that came after its request.
        const unsureFrom =
          next - time > UNSURE_MS ? time : Math.max(time, (all[index - 1] ?? time) + BEAT_MS + UNSURE_MS);
        if (unsureFrom < next) this.#all.push({ boot, node, from: unsureFrom, to: next, isEnd });
      });
    }
  }

  get count() {
    return this.#count;
  }

  /** Whether a server, or any server for `undefined`, did not reach the home at a time. */
  includes(node, time) {
    return this.#all.some(
      (each) => (node ?? each.node) === each.node && time >= each.from && time <= each.to + AFTER_MS,
    );
  }

  /**
   * Whether a server, or any server for `undefined`, did not reach the home at some time between two others. `server`
   * is a node or a number.
   */
  isOutBetween(server, from, to) {
    return this.#all.some(
      ({ boot, node, ...each }) =>
        [boot, node, undefined].includes(server) && each.from <= to && each.to + AFTER_MS >= from,
    );
  }

  /**
   * Whether a message may have been confirmed without the log, and may have waited for it when its server ended. The
   * client read the answer at `readAt`, and the server gave it after `since`.
   */
  mayMiss(readAt, since = readAt) {
    const isOut = this.#all.some(({ from, to }) => from <= readAt && to + AFTER_MS >= since);
    if (!this.#isRemote || !isOut) return false;
    return this.#ends.some((end) => end >= since - AFTER_MS && end <= readAt + WAITING_MS);
  }

  /** Whether the broker may have lost a text that it had confirmed at a time, and the one before it. */
  mayLoseText(time) {
    return this.#crashes.some((at) => time <= at && at - time <= UNSAVED_MS);
  }

  /** Whether the broker may have lost the texts that a server wrote when it ended. */
  mayLoseLastTexts(server) {
    const life = this.#lives.find(({ node }) => node === server);
    if (!life) return false;
    const { to, goneAt = to } = life;
    return this.#crashes.some((at) => to <= at && at - goneAt <= UNSAVED_MS);
  }

  /** Whether the others may have taken a server for ended at a time, because the home had not heard it for long. */
  mayBeLost(server, time) {
    return this.#all.some(
      ({ boot, node, from, to }) =>
        [boot, node].includes(server) &&
        to - from >= LEASE_MS &&
        time >= from + LEASE_MS &&
        time <= to + KNOWN_AGAIN_MS,
    );
  }

  /** Whether what a server did at this time may be lost, because it ended before it reached the home again. */
  isLostAt(time, sinceMs = 0) {
    return this.#all.some(({ from, to, isEnd }) => isEnd && time >= from - sinceMs && time <= to + AFTER_MS);
  }

  /**
   * Whether what a server did at a time may not have reached the home before the server was killed. It has reached the
   * home if the server made a later request and got the answer: of two answers after that time, the second is one to
   * such a request. `server` is a node or a number.
   */
  mayBeUnwritten(server, time) {
    if (!this.#isRemote) return false;
    const beats = this.#beats.get(server);
    return server === undefined || this.isLostAt(time, WRITTEN_MS) || (beats !== undefined && !(beats.at(-2) >= time));
  }

  /**
   * Whether the home may lack the answer that a server gave to an event with a key. The server was killed before the
   * answer reached the home, or the home has lost it since.
   */
  mayLoseAnswer(server, time) {
    const untilLossMs = (this.#forgottenAt ?? Number.NEGATIVE_INFINITY) - time;
    if (untilLossMs >= 0 && untilLossMs <= BEHIND_MS) return true;
    if (!this.#isRemote || !this.#beats.has(server)) return false;
    return this.isLostAt(time, WRITTEN_MS) || !this.#storedAt(server, time);
  }

  /**
   * Whether another server may have run a listener again that a server ran at a time. The server did not renew its
   * claim for 3 seconds, or had not stored the answer by then.
   */
  mayLoseClaim(server, time) {
    const isLate = (this.#storedAt(server, time) ?? time) - time >= CLAIM_MS;
    return (
      isLate ||
      this.#all.some(
        ({ boot, from, to }) =>
          boot === server && to - from >= CLAIM_MS && time >= from - BEAT_MS - UNSURE_MS && time <= to,
      )
    );
  }

  /** When the home had surely stored the answer that a server gave at a time. */
  #storedAt(server, time) {
    return this.#stored.get(server)?.find(({ asked }) => asked >= time)?.at;
  }
}
