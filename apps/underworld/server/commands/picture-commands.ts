/** The commands about pictures: an offer, its bytes in chunks, and the way back. */
import { no, slow, yes } from 'naru-apps-kit/server/command.js';
import { LIMITS } from '../../shared/limits.js';
import type { Answer, Picture, PictureOffer } from '../../shared/protocol.js';
import { showableType, type Upload } from '../pictures/pictures.js';
import type { Rider } from '../riders/riders.js';
import { newId, type World } from '../world.js';
import { type Command, command } from './command.js';
import { readChunk, readGet, readOffer, readUpload } from './readers.js';
import { mayNotSpeak, tell } from './speaking.js';

/** The commands about pictures. Bytes are ordinary arguments of events: Naru sends them as binary. */
export const pictureCommands: readonly Command[] = [
  command('picture:offer', undefined, readOffer, (world, rider, offer) => {
    const place = world.placeOf(rider, offer.place);
    const stop = mayNotSpeak(world, rider, place);
    if (stop || !place) return stop ?? no('gone');
    if (offer.size > LIMITS.pictureBytesMax) return no('large');
    return open(world, rider, offer);
  }),

  command('picture:chunk', undefined, readChunk, (world, rider, { upload: id, at, bytes }) => {
    const upload = world.uploads.get(rider.card.id, id);
    if (!upload) return no('gone');
    const taken = world.uploads.add(upload, at, bytes, world.now());
    if (taken !== 'taken') {
      void drop(world, upload);
      return no(taken);
    }
    const { received, offer } = upload;
    const isComplete = received >= offer.size;
    if (isComplete) world.uploads.close(rider.card.id);
    if (!isForFiles(world, offer)) return isComplete ? finish(world, rider, upload) : yes({ received });
    // The acknowledgement waits until the bytes are on disk, so an acknowledged chunk outlives this process.
    const append = (isKept: boolean): boolean | Promise<boolean> =>
      isKept && world.files.append(id, upload.owner, offer, bytes);
    upload.kept = upload.kept.then(append);
    return upload.kept.then((isKept) => (isComplete ? finish(world, rider, upload, isKept) : yes({ received })));
  }),

  command('picture:cancel', 'act', readUpload, (world, rider, { upload: id }) => {
    const upload = world.uploads.get(rider.card.id, id);
    return upload ? drop(world, upload).then(() => yes({})) : yes({});
  }),

  command('picture:get', undefined, readGet, (world, rider, { place, id, at }) => {
    if (!world.placeOf(rider, place)) return no('gone');
    const bytes = world.pictures.chunk(id, place, at);
    if (bytes) return yes({ bytes });
    // The picture is not in memory any more, or an earlier process stored it.
    return fetchPicture(world, id, place).then((isHere) => {
      const chunk = isHere ? world.pictures.chunk(id, place, at) : undefined;
      return chunk ? yes({ bytes: chunk }) : no('gone');
    });
  }),
];

/** Opens an upload, or continues one that broke off, in this process or an earlier one. */
function open(world: World, rider: Rider, offer: PictureOffer): Answer | Promise<Answer> {
  const owner = rider.card.id;
  const said = world.placeOf(rider, offer.place)?.log.find(owner, offer.key);
  if (said) return yes({ upload: '', received: offer.size, seq: said.seq, at: said.at });
  const present = world.uploads.resume(owner, offer, world.now());
  if (present) return yes({ upload: present.id, received: present.received });
  const begin = (id: string, begun?: Uint8Array): Answer => {
    const wait = begun ? 0 : rider.pace.take('picture', world.now());
    if (wait > 0) return slow(wait);
    const before = world.uploads.of(owner);
    if (before) void drop(world, before);
    const { received } = world.uploads.open(id, owner, offer, world.now(), begun);
    return yes({ upload: id, received });
  };
  const { upload } = offer;
  if (upload === undefined || !isForFiles(world, offer)) return begin(newId());
  return world.files
    .begun(upload, owner, offer)
    .then((begun) => (begun && !world.uploads.of(owner) ? begin(upload, begun) : begin(newId())));
}

/** Whether a picture is stored on disk. Pictures of a ride stay in memory. */
function isForFiles(world: World, { place }: PictureOffer): boolean {
  return world.stations.get(place) !== undefined;
}

/** Drops an upload. Resolves when its file is gone. */
function drop(world: World, { id, owner, offer, kept }: Upload): Promise<void> {
  world.uploads.close(owner);
  // A write that is still under way would create the file again.
  return kept.then(() => world.files.drop(id, owner, offer));
}

/** Brings a picture from disk into memory. Resolves to whether it was there. */
async function fetchPicture(world: World, id: string, place: string): Promise<boolean> {
  if (!world.stations.get(place)) return false;
  const bytes = await world.files.read(id, place);
  if (!bytes) return false;
  world.pictures.add(id, place, bytes);
  return true;
}

/**
 * Makes a message of a complete upload, if its bytes are a picture. Its file gets its final name before anybody is
 * told. A crash in between leaves a picture without a message, which is removed at its age. It never leaves a message
 * without a picture.
 */
function finish(world: World, rider: Rider, upload: Upload, isKept = false): Answer | Promise<Answer> {
  const { id, owner, offer } = upload;
  const place = world.placeOf(rider, offer.place);
  const bytes = Buffer.concat(upload.chunks);
  const type = showableType(bytes);
  const stop =
    mayNotSpeak(world, rider, place) ??
    (type ? undefined : no('picture')) ??
    (place?.log.hasRoom(world.now()) ? undefined : slow(LIMITS.slowFirstMs));
  if (stop || !type) {
    void world.files.drop(id, owner, offer);
    return stop ?? no('picture');
  }
  if (!isKept) return show(world, rider, upload, { type, bytes });
  return world.files.finish(id, owner, offer).then(() => {
    const answer = show(world, rider, upload, { type, bytes });
    const isTold = place?.log.find(owner, offer.key)?.picture?.id === id;
    return isTold ? answer : world.files.remove(id, offer.place).then(() => answer);
  });
}

/**
 * Says a picture. It checks again, because meanwhile the place may have closed, the rider may have been muted, or the
 * key may have been said.
 */
function show(
  world: World,
  rider: Rider,
  { id, owner, offer }: Upload,
  { type, bytes }: { type: string; bytes: Uint8Array },
): Answer {
  const { place: placeId, key, size, width, height, alt } = offer;
  const place = world.placeOf(rider, placeId);
  const stop = mayNotSpeak(world, rider, place);
  if (stop || !place) return stop ?? no('gone');
  const said = place.log.find(owner, key);
  if (said) return yes({ seq: said.seq, at: said.at, received: size });
  world.pictures.add(id, placeId, bytes);
  const picture: Picture = { id, type, size, width, height, alt };
  const answer = tell(world, rider, place, { key, text: '', picture });
  return answer.ok ? yes({ ...answer, received: size }) : answer;
}
