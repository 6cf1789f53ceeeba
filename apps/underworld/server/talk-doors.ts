/** Requests about what is said: text, typing marks and pictures. */
import { LIMITS } from '../shared/limits.js';
import type { Answer, Picture } from '../shared/wire.js';
import { readChunk, readGet, readOffer, readSay, readTyping, readUpload } from './asks.js';
import { type Door, door, no, slow, yes } from './door.js';
import { sniff, type Upload } from './pictures.js';
import type { Rider } from './riders.js';
import { roomOf } from './rooms.js';
import { newId, type Place, type World } from './world.js';

/** The requests about what is said. */
export const talkDoors: readonly Door[] = [
  door('say', undefined, readSay, (world, rider, { place: id, key, text }) => {
    const place = world.placeOf(rider, id);
    const stop = mayNotSpeak(world, rider, place);
    if (stop || !place) return stop ?? no('gone');
    const said = place.log.find(rider.card.id, key);
    if (said) return yes({ seq: said.seq, at: said.at });
    return tooFast(world, rider, place, text) ?? tell(world, rider, place, { key, text });
  }),

  door('typing', 'typing', readTyping, (world, rider, { place, on }) => {
    if (!world.placeOf(rider, place) || isMuted(world, rider)) return no('gone');
    rider.socket?.to(roomOf(place)).volatile.emit('typing', place, rider.card.id, on);
    return yes({});
  }),

  door('picture:offer', undefined, readOffer, (world, rider, offer) => {
    const place = world.placeOf(rider, offer.place);
    const stop = mayNotSpeak(world, rider, place);
    if (stop || !place) return stop ?? no('gone');
    if (offer.size > LIMITS.pictureBytesMax) return no('large');
    const said = place.log.find(rider.card.id, offer.key);
    if (said) return yes({ upload: '', seq: said.seq, at: said.at });
    const wait = rider.pace.take('picture', world.now());
    if (wait > 0) return slow(wait);
    return yes({ upload: world.uploads.open(newId(), rider.card.id, offer, world.now()).id });
  }),

  door('picture:chunk', 'chunk', readChunk, (world, rider, { upload: id, at, bytes }) => {
    const upload = world.uploads.get(rider.card.id, id);
    if (!upload) return no('gone');
    const taken = world.uploads.add(upload, at, bytes, world.now());
    if (taken !== 'taken') {
      world.uploads.close(rider.card.id);
      return no(taken);
    }
    return upload.received < upload.offer.size ? yes({ received: upload.received }) : finish(world, rider, upload);
  }),

  door('picture:cancel', 'act', readUpload, (world, rider, { upload }) => {
    if (world.uploads.get(rider.card.id, upload)) world.uploads.close(rider.card.id);
    return yes({});
  }),

  door('picture:get', 'read', readGet, (world, rider, { place, id, at }) => {
    const bytes = world.placeOf(rider, place) ? world.pictures.chunk(id, place, at) : undefined;
    return bytes ? yes({ bytes }) : no('gone');
  }),
];

/** Makes a message of an upload that is complete, if its bytes are a picture. */
function finish(world: World, rider: Rider, upload: Upload): Answer {
  world.uploads.close(rider.card.id);
  const { place: id, key, size, width, height, alt } = upload.offer;
  const place = world.placeOf(rider, id);
  const stop = mayNotSpeak(world, rider, place);
  if (stop || !place) return stop ?? no('gone');
  const bytes = Buffer.concat(upload.chunks);
  const type = sniff(bytes);
  if (!type) return no('picture');
  if (!place.log.hasRoom(world.now())) return slow(LIMITS.slowFirstMs);
  const picture: Picture = { id: newId(), type, size, width, height, alt };
  world.pictures.add(picture.id, place.id, bytes);
  const answer = tell(world, rider, place, { key, text: '', picture });
  return answer.ok ? yes({ ...answer, received: size }) : answer;
}

/** Says something in a place; may be called when `mayNotSpeak` and `tooFast` found nothing. */
export function tell(
  world: World,
  rider: Rider,
  place: Place,
  said: { key: string; text: string; picture?: Picture },
): Answer<{ seq: number; at: number }> {
  const { message, dropped } = place.log.add(rider.card, said, world.now());
  for (const id of dropped) world.pictures.remove(id);
  const station = world.stations.get(place.id);
  const ride = world.line.get(place.id);
  if (station) world.speaker.saidAt(station, message, rider);
  else if (ride) world.speaker.saidOn(ride, message, rider);
  return yes({ seq: message.seq, at: message.at });
}

/** Takes the pace for a text; the answer that asks for a slower one, if it has to be. */
export function tooFast(world: World, rider: Rider, place: Place, text: string): Answer | undefined {
  const now = world.now();
  const wait = rider.pace.take('say', now);
  if (wait > 0) return slow(wait);
  // The same over and over is too fast at any speed.
  if (place.log.repeats(rider.card.id, text, now) >= LIMITS.repeats) return slow(rider.pace.warn('say', now));
  return place.log.hasRoom(now) ? undefined : slow(LIMITS.slowFirstMs);
}

function isMuted(world: World, rider: Rider): boolean {
  return world.reports.mutedFor(rider.card.id, world.now()) > 0;
}

/** Why a rider may say nothing in a place, if that is so. */
export function mayNotSpeak(world: World, rider: Rider, place: Place | undefined): Answer | undefined {
  if (!place) return no('gone');
  const mutedMs = world.reports.mutedFor(rider.card.id, world.now());
  return mutedMs > 0 ? no('muted', mutedMs) : undefined;
}
