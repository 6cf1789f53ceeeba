/** Decides whether a rider may speak in a place, and sends a message to the others. */
import { no, slow, yes } from 'naru-apps-kit/server/command.js';
import { LIMITS } from '../../shared/limits.js';
import type { Answer } from '../../shared/protocol.js';
import type { Said } from '../places/place-log.js';
import type { Rider } from '../riders/riders.js';
import type { Place, World } from '../world.js';

/** Says something in a place. Callers ask `mayNotSpeak` and `tooFast` first. */
export function tell(world: World, rider: Rider, place: Place, said: Said): Answer<{ seq: number; at: number }> {
  const { message, dropped } = place.log.add(rider.card, said, world.now());
  const station = world.stations.get(place.id);
  const ride = world.line.get(place.id);
  // The log and the disk keep more messages of a station than this memory, so only pictures of a ride are removed.
  if (ride) for (const id of dropped) world.pictures.remove(id);
  if (station) {
    world.announcer.said(station, message, rider);
    world.light(station);
  }
  // A ride is not in the log, so each of its two riders is told.
  for (const each of ride?.riders ?? []) each.voice?.rideSaid(place.id, message, each === rider);
  return yes({ seq: message.seq, at: message.at });
}

/** Applies the rate limits to a text. Returns a refusal when the rider has to slow down. */
export function tooFast(world: World, rider: Rider, place: Place, text: string): Answer | undefined {
  const now = world.now();
  const wait = rider.pace.take('say', now);
  if (wait > 0) return slow(wait);
  // Repeating the same words is too fast at any speed.
  if (place.log.repeats(rider.card.id, text, now) >= LIMITS.repeats) return slow(rider.pace.warn('say', now));
  return place.log.hasRoom(now) ? undefined : slow(LIMITS.slowFirstMs);
}

/** Returns a refusal when a rider may not speak in a place. */
export function mayNotSpeak(world: World, rider: Rider, place: Place | undefined): Answer | undefined {
  if (!place) return no('gone');
  const mutedMs = world.reports.mutedFor(rider.card.id, world.now());
  return mutedMs > 0 ? no('muted', mutedMs) : undefined;
}
