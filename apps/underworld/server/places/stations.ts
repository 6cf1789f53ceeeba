/** The stations: a few permanent ones, and those that riders open, which close after they were empty for a while. */
import { cleanLine, countOf } from 'naru-apps-kit/shared/clean.js';
import { LIMITS } from '../../shared/limits.js';
import type { Card, Station } from '../../shared/protocol.js';
import { foldName, isReservedName } from '../../shared/reserved-names.js';
import { LANDMARKS } from '../../shared/words.js';
import type { Rider } from '../riders/riders.js';
import { PlaceLog } from './place-log.js';
import { spellingsOf } from './station-names.js';

/** An open station with the people in it. */
export interface OpenStation {
  readonly id: string;
  readonly name: string;
  readonly hue: number;
  readonly isPermanent: boolean;
  readonly log: PlaceLog;
  /** The riders of this process who are in it, and may speak. */
  readonly riders: Set<Rider>;
  /** Everybody who is there, by alias, in all processes. It mirrors Naru's presence. */
  readonly members: Map<string, Card>;
  emptySince: number;
}

/** Invariant: a rider is in `station.riders` exactly while the station's id is in `rider.stations`. */
export class Stations {
  readonly #open = new Map<string, OpenStation>();
  readonly #newId: () => string;

  constructor(newId: () => string, now: number) {
    this.#newId = newId;
    for (const { id, hue } of LANDMARKS) this.#add({ id, name: '', hue, isPermanent: true }, now);
  }

  /** The line map, permanent stations first, then in the order of opening. */
  list(): Station[] {
    return [...this.#open.values()].map(stationOf);
  }

  /** An open station. */
  get(id: string): OpenStation | undefined {
    return this.#open.get(id);
  }

  /** The open station of this name, however it is written. */
  named(name: string): OpenStation | undefined {
    const folded = foldName(cleanLine(name));
    return [...this.#open.values()].find((station) => !station.isPermanent && foldName(station.name) === folded);
  }

  /** The open station with this spelling. */
  spelled(text: string): OpenStation | undefined {
    const isSpelling = (station: OpenStation): boolean => spellingsOf(station).includes(text);
    return this.#open.get(text) ?? [...this.#open.values()].find(isSpelling);
  }

  /** The reason why a station of this name cannot be opened: the name is unusable, or the line is full. */
  refusal(name: string): 'name' | 'full' | undefined {
    const clean = cleanLine(name);
    const count = countOf(clean);
    if (count < LIMITS.stationNameMin || count > LIMITS.stationNameMax) return 'name';
    if (!/[\p{L}\p{N}]/u.test(clean) || isReservedName(clean) || isLandmarkName(clean) || this.named(clean))
      return 'name';
    // A spelling of one station must not lead to another.
    const spellings = spellingsOf({ id: '', name: clean, isPermanent: false });
    if (spellings.some((spelling) => this.#open.has(spelling))) return 'name';
    return this.#open.size - LANDMARKS.length >= LIMITS.stationsMade ? 'full' : undefined;
  }

  /** Opens a station, or says why not. */
  make(name: string, hue: number, now: number): OpenStation | 'name' | 'full' {
    const refusal = this.refusal(name);
    return refusal ?? this.#add({ id: this.#newId(), name: cleanLine(name), hue, isPermanent: false }, now);
  }

  /** Lets a rider in; false when it is in already. */
  enter(station: OpenStation, rider: Rider): boolean {
    if (station.riders.has(rider)) return false;
    station.riders.add(rider);
    rider.stations.add(station.id);
    return true;
  }

  /** Lets a rider out; false when it was not in. */
  leave(station: OpenStation, rider: Rider, now: number): boolean {
    rider.stations.delete(station.id);
    if (!station.riders.delete(rider)) return false;
    station.emptySince = now;
    return true;
  }

  /**
   * Closes stations that were empty for long, and forgets old messages. Returns the closed stations and the ids of
   * forgotten pictures.
   */
  sweep(now: number): { dropped: string[]; closed: OpenStation[] } {
    const dropped: string[] = [];
    const closed: OpenStation[] = [];
    for (const station of this.#open.values()) {
      dropped.push(...station.log.sweep(now));
      const isEmpty = station.riders.size + station.members.size === 0;
      if (!isEmpty) station.emptySince = now;
      if (station.isPermanent || !isEmpty) continue;
      if (now - station.emptySince < LIMITS.stationEmptyMs) continue;
      dropped.push(...station.log.clear());
      this.#open.delete(station.id);
      closed.push(station);
    }
    return { dropped, closed };
  }

  /**
   * Takes over a station that another process opened. Returns the one that is open under its id already, if there is
   * one.
   */
  adopt(made: Pick<OpenStation, 'id' | 'name' | 'hue'>, now: number): OpenStation | undefined {
    if (this.#open.size - LANDMARKS.length >= LIMITS.stationsMade) return undefined;
    return this.#open.get(made.id) ?? this.#add({ ...made, isPermanent: false }, now);
  }

  /** Closes a station that another process closed, unless a rider of this process is in it. */
  close(id: string): OpenStation | undefined {
    const station = this.#open.get(id);
    if (station?.isPermanent !== false || station.riders.size > 0) return undefined;
    this.#open.delete(id);
    return station;
  }

  /** All open stations. */
  get all(): Iterable<OpenStation> {
    return this.#open.values();
  }

  #add(made: Pick<OpenStation, 'id' | 'name' | 'hue' | 'isPermanent'>, now: number): OpenStation {
    const people = { riders: new Set<Rider>(), members: new Map<string, Card>() };
    const station = { ...made, ...people, log: new PlaceLog(now), emptySince: now };
    this.#open.set(station.id, station);
    return station;
  }
}

/** A station as the map shows it. */
export function stationOf({ id, name, hue, isPermanent, members }: OpenStation): Station {
  return { id, name, hue, isPermanent, here: members.size };
}

function isLandmarkName(name: string): boolean {
  const folded = foldName(name);
  return LANDMARKS.some(({ name: { ko, en } }) => foldName(ko) === folded || foldName(en) === folded);
}
