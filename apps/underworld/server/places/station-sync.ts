/**
 * Keeps the stations of this process in step with the log and presence, and therefore with the other processes on the
 * same folder.
 */
import { LIMITS } from '../../shared/limits.js';
import type { OpenedStation, StationJournal } from './station-journal.js';
import type { StationPresence } from './station-presence.js';
import type { OpenStation, Stations } from './stations.js';

/** The parts that are kept in step. */
export interface StationParts {
  readonly stations: Stations;
  readonly journal: StationJournal;
  readonly presence: StationPresence;
  readonly now: () => number;
  /** Called when the map looks different. */
  readonly onChange: () => void;
}

/** Opens, follows and closes stations. Invariant: presence is watched for exactly the open stations. */
export class StationSync {
  readonly #parts: StationParts;
  #comparedAt = 0;
  #notedAt = 0;
  #reading: Promise<void> | undefined;

  constructor(parts: StationParts) {
    this.#parts = parts;
    for (const station of parts.stations.all) parts.presence.watch(station);
  }

  /**
   * Restores from the log what earlier processes left: the stations that riders opened, and the newest messages of
   * each.
   */
  async recall(): Promise<void> {
    await this.readOn();
    const { stations, journal } = this.#parts;
    for (const { id, log } of [...stations.all]) log.recall(await journal.newest(id, LIMITS.messagesHeld));
  }

  /** Opens a station for everybody, or says why not. */
  make(name: string, hue: number): OpenStation | 'name' | 'full' {
    const { stations, journal, presence, now, onChange } = this.#parts;
    const made = stations.make(name, hue, now());
    if (typeof made === 'string') return made;
    presence.watch(made);
    journal.opened(made);
    onChange();
    return made;
  }

  /** Ends what belongs to stations that this process has closed. */
  closed(stations: readonly OpenStation[]): void {
    for (const station of stations) {
      this.#parts.presence.unwatch(station);
      this.#parts.journal.closed(station.id);
      this.#parts.onChange();
    }
  }

  /** Takes over what other processes opened and closed. Calls during a reading share it. */
  readOn(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Now and then compares presence with its mirror, and notes again which stations are open. */
  sweep(): void {
    const { stations, journal, presence, now } = this.#parts;
    const at = now();
    if (at - this.#comparedAt >= COMPARE_EVERY_MS) {
      this.#comparedAt = at;
      for (const station of stations.all) void presence.compare(station);
    }
    if (at - this.#notedAt < NOTE_EVERY_MS) return;
    this.#notedAt = at;
    for (const station of stations.all) if (!station.isPermanent) journal.opened(station);
  }

  async #readOn(): Promise<void> {
    // Only the last event of each station counts.
    const newest = new Map<string, OpenedStation | undefined>();
    for (const event of await this.#parts.journal.readOn()) {
      if (event.type === 'opened') newest.set(event.station.id, event.station);
      else newest.set(event.id, undefined);
    }
    for (const [id, opened] of newest) {
      const known = this.#parts.stations.get(id);
      if (opened && !known) this.#adopt(opened);
      else if (!opened && known) this.#close(known);
    }
  }

  #adopt(opened: OpenedStation): void {
    const { stations, presence, now, onChange } = this.#parts;
    const station = stations.adopt(opened, now());
    if (station) presence.watch(station);
    onChange();
  }

  #close(station: OpenStation): void {
    const { stations, journal, presence, onChange } = this.#parts;
    if (stations.close(station.id)) presence.unwatch(station);
    // A rider of this process entered it at that moment, so it is open after all.
    else journal.opened(station);
    onChange();
  }
}

const COMPARE_EVERY_MS = 5_000;
const NOTE_EVERY_MS = 60 * 60 * 1_000;
