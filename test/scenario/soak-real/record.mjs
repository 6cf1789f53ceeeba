// What one client has seen and done, for the checker.

/** A client's record. Tags and numbers stand as they came; everything else refers to a place among them. */
export class ClientRecord {
  /** Tags of messages, in the order in which they came. */
  seen = [];
  /** Each begin of a connection: `at`, how many messages had come then, and whether it goes on with the one before. */
  connects = [];
  /** Rooms that it asked to enter: the attempt, at which connect, and whether it was told that it is in. */
  enters = [];
  /** What it was told is missing. */
  gaps = [];
  /** Numbers whose sending was confirmed, and those of which nobody knows. */
  sure = [];
  maybe = [];
  lagMaxMs = 0;

  constructor(index, wire, rooms) {
    this.index = index;
    this.wire = wire;
    this.rooms = rooms;
  }

  see(tag, at) {
    this.seen.push(tag);
    const lagMs = Date.now() - at;
    if (lagMs > this.lagMaxMs) this.lagMaxMs = lagMs;
  }

  connect(goesOn) {
    this.connects.push({ at: this.seen.length, goesOn, time: Date.now() });
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
