/** Decides whether a rider may speak in a place, and sends messages and reactions to the others. */
import { no, slow, yes } from 'naru-apps-kit/server/command.js';
import { LIMITS } from '../../shared/limits.js';
import type { Answer, MessageRef } from '../../shared/protocol.js';
import { roomOf } from '../../shared/rooms.js';
import { PlaceLog, type Said, type Wanted } from '../places/place-log.js';
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

/** Adds a reaction to a message, or takes it back, and tells the others. Callers ask `mayNotSpeak` first. */
export async function react(world: World, rider: Rider, place: Place, wanted: Wanted): Promise<Answer> {
  const log = await logWith(world, place, wanted.to);
  // Meanwhile the rider may have left.
  if (world.placeOf(rider, place.id) !== place) return no('gone');
  const reaction = log.react(rider.card.id, wanted, world.now());
  if (typeof reaction === 'string') return no(reaction);
  // A ride is not in the log.
  const io = world.stations.get(place.id) ? world.io : world.io.local;
  io.to(roomOf(place.id))
    .except(rider.socket?.id ?? [])
    .emit('reacted', place.id, reaction);
  return yes({ seq: reaction.seq, at: reaction.seq });
}

/** The memory of a place. For a message that it does not have, the log is read as far as a page holds messages. */
async function logWith(world: World, place: Place, { from, key }: MessageRef): Promise<PlaceLog> {
  if (place.log.find(from, key) || !world.stations.get(place.id)) return place.log;
  const log = new PlaceLog(world.now(), LIMITS.messagesHeld);
  log.recall(await world.journal.newest(place.id, LIMITS.messagesHeld));
  return log;
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
