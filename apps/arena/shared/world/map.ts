/** The map: all fields, in the order in which the rounds of a room are played on them. */
import type { Field } from './field.js';
import { DEPOT } from './fields/depot.js';
import { HALL } from './fields/hall.js';
import { TUNNEL } from './fields/tunnel.js';

/** The version of the map. A page with another one has to be loaded again. */
export const MAP_VERSION = 2;

/** The fields. A snapshot names one by its index. */
export const FIELDS: readonly [Field, ...Field[]] = [DEPOT, HALL, TUNNEL];

/** The field of a round, which counts from 1. A room that moves to another server takes its round along. */
export function fieldOf(round: number): Field {
  return FIELDS[(round - 1) % FIELDS.length] ?? FIELDS[0];
}
