// Records that a home has lost after clients got them: a replica without the tail was promoted. They stand in the log
// where they were, so that the order of what clients got can be checked, and are marked. A server may have appended a
// lost record again, as its twin.

/** The places of records by their tags, and what the home has forgotten. */
export class Places {
  #kept = new Map();
  #forgotten = new Map();
  /** When the home lost records, in milliseconds since the Unix epoch; `undefined` if it lost none. */
  #at;
  /**
   * The place of the last message of the soak. Clients may hand in before they have what comes after it, such as a word
   * of a client that came back.
   */
  end;

  /** Adds the tags that stand in the log twice to `faults`. */
  constructor(log, forgottenAt, faults) {
    this.#at = forgottenAt;
    const last = log.findLastIndex(({ n, attempt }) => n === -1 && attempt === undefined);
    this.end = last < 0 ? Number.POSITIVE_INFINITY : last;
    log.forEach(({ tag, isForgotten }, place) => {
      const places = isForgotten ? this.#forgotten : this.#kept;
      if (places.has(tag)) faults.push(`the log: tag ${tag} stands at ${places.get(tag)} and at ${place}`);
      places.set(tag, place);
    });
  }

  /** The place of a record that the log has. */
  get(tag) {
    return this.#kept.get(tag) ?? this.#forgotten.get(tag);
  }

  /**
   * The place of a record for a client whose newest one stands at `newest`. A client without a session that connected
   * at `time`, after the loss, got the twin.
   */
  after(newest, tag, time = 0) {
    const forgotten = this.#forgotten.get(tag);
    return forgotten === undefined || forgotten <= newest || this.isAfterLoss(time) ? this.get(tag) : forgotten;
  }

  /** Whether a client got a record, or its twin. */
  isKnown(known, place, { tag }) {
    return known.has(place) || known.has(this.#forgotten.get(tag));
  }

  /** Whether at this time the home has lost records. */
  isAfterLoss(time) {
    return this.#at !== undefined && time >= this.#at;
  }

  /** Whether a client has something that the log has lost for good. */
  isGone(tag) {
    return this.#forgotten.has(tag) && !this.#kept.has(tag);
  }
}

/**
 * Checks that a client that was ahead of the log was told so. A STOMP client that connects again does not name what it
 * has.
 */
export function checkAhead({ seen, gaps, wire, connects }, places, found) {
  const last = seen.findLastIndex((tag) => places.isGone(tag));
  if (wire === 'stomp' && connects.some(({ at, time }) => at > last || places.isAfterLoss(time))) return;
  if (last >= 0 && !gaps.some(({ at }) => at > last))
    found.add('has it, was ahead of the log, and was not told', places.get(seen[last]));
}
