/** The right to speak in a place, and the way of a message to the others. */
import { LIMITS } from '../../shared/limits.js';
import type { Answer, Picture } from '../../shared/protocol.js';
import type { Rider } from '../riders/riders.js';
import type { Place, World } from '../world.js';
import { no, slow, yes } from './command.js';

/** Says something in a place. Callers ask `mayNotSpeak` and `tooFast` first. */
export function tell(
  world: World,
  rider: Rider,
  place: Place,
  said: { key: string; text: string; picture?: Picture },
): Answer<{ seq: number; at: number }> {
  const { message, dropped } = place.log.add(rider.card, said, world.now());
  const station = world.stations.get(place.id);
  const ride = world.line.get(place.id);
  // The log and the disk keep more of a station than this memory, so its pictures stay.
  if (ride) for (const id of dropped) world.pictures.remove(id);
  if (station) world.announcer.said(station, message, rider);
  // A ride is for two and stands in no log, so each of the two is told.
  for (const each of ride?.riders ?? []) each.voice?.rideSaid(place.id, message, each === rider);
  return yes({ seq: message.seq, at: message.at });
}

/** Takes the pace for a text. The answer, if there is one, asks for a slower pace. */
export function tooFast(world: World, rider: Rider, place: Place, text: string): Answer | undefined {
  const now = world.now();
  const wait = rider.pace.take('say', now);
  if (wait > 0) return slow(wait);
  // The same words over and over are too fast at any speed.
  if (place.log.repeats(rider.card.id, text, now) >= LIMITS.repeats) return slow(rider.pace.warn('say', now));
  return place.log.hasRoom(now) ? undefined : slow(LIMITS.slowFirstMs);
}

/** The refusal for a rider who may say nothing in a place. */
export function mayNotSpeak(world: World, rider: Rider, place: Place | undefined): Answer | undefined {
  if (!place) return no('gone');
  const mutedMs = world.reports.mutedFor(rider.card.id, world.now());
  return mutedMs > 0 ? no('muted', mutedMs) : undefined;
}
