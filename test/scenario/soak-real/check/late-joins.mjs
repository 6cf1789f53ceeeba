// Joins that a server has confirmed ahead of its silent home, and that another server learns of later.

/** The number of tags of each server (server.mjs). */
export const TAGS_OF_EACH = 1e9;

/**
 * Finds from which place on a confirmed join counts. `deeds` are the calls in the log, `lives` those of servers, and
 * `log` has the messages that servers send right after joins.
 */
export class LateJoins {
  #deeds;
  #lives;
  #outages;
  #log;

  constructor(deeds, lives, outages, log) {
    this.#deeds = deeds.filter(({ kind }) => kind === 'join');
    this.#lives = lives;
    this.#outages = outages;
    this.#log = log;
  }

  /**
   * Returns the place of a join, `place`, or a later one. A server answers once its home has been silent for a second.
   * If the client goes to another server before the home has the join, the first one makes it through the log later,
   * and it counts from there on (docs/recovery.md). `id` is that of the session.
   */
  placeOf({ place, room, id }) {
    if (!this.#log[place]) return place;
    const { tag, at } = this.#log[place];
    const boot = Math.floor(tag / TAGS_OF_EACH);
    const node = this.#lives.get(boot)?.node;
    const late = this.#deeds.find(
      (deed) => deed.place > place && deed.node === node && deed.rooms.includes(id) && deed.what.includes(room),
    );
    const isAhead = late && this.#outages.isOutBetween(boot, at, this.#log[Math.floor(late.place)].at);
    return isAhead ? late.place : place;
  }
}
