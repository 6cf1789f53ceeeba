/** The commands about words: messages, reactions to them, and typing marks. */
import { no, slow, yes } from 'naru-apps-kit/server/command.js';
import { LIMITS } from '../../shared/limits.js';
import { roomOf } from '../../shared/rooms.js';
import { type Command, command } from './command.js';
import { readReact, readSay, readTyping } from './readers.js';
import { mayNotSpeak, react, tell, tooFast } from './speaking.js';

/** The commands about words. */
export const talkCommands: readonly Command[] = [
  // Pages send it as `naru:once`, with a key: Naru runs it once, and answers repetitions with the stored
  // acknowledgement.
  command('say', undefined, readSay, (world, rider, { place: id, ...message }) => {
    const place = world.placeOf(rider, id);
    const stop = mayNotSpeak(world, rider, place);
    if (stop || !place) return stop ?? no('gone');
    const said = place.log.find(rider.card.id, message.key);
    if (said) return yes({ seq: said.seq, at: said.at });
    return tooFast(world, rider, place, message.text) ?? tell(world, rider, place, message);
  }),

  // By `naru:once`, too.
  command('react', 'react', readReact, (world, rider, { place: id, ...wanted }) => {
    const place = world.placeOf(rider, id);
    const stop = mayNotSpeak(world, rider, place);
    if (stop || !place) return stop ?? no('gone');
    if (!place.log.hasRoom(world.now())) return slow(LIMITS.slowFirstMs);
    return react(world, rider, place, wanted);
  }),

  command('typing', undefined, readTyping, (world, rider, { place, on }) => {
    if (!world.placeOf(rider, place) || world.reports.mutedFor(rider.card.id, world.now()) > 0) return no('gone');
    // `volatile`: lost where a connection is busy, and never in the log.
    rider.socket?.to(roomOf(place)).volatile.emit('typing', place, rider.card.id, on);
    return yes({});
  }),
];
