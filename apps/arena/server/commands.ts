/** The requests of a page, and the checks of what comes with them. */
import { type Command as CommandOf, commandMaker, no, yes } from 'naru-apps-kit/server/command.js';
import { field, isIndex, type Reader, readNothing } from 'naru-apps-kit/server/readers.js';
import { LIMITS } from '../shared/limits.js';
import type { Answer, Refusal } from '../shared/protocol.js';
import type { GameSocket } from './game-server.js';
import type { Person } from './people/people.js';
import type { World } from './world.js';

/** The one who asks: a person, by one connection. */
export interface Asker {
  readonly person: Person;
  readonly socket: GameSocket;
}

/** The code of a room: a word of small letters and digits. */
export const readRoom: Reader<{ room: string | undefined }> = (raw) => {
  const room = field(raw, 'room');
  if (room === undefined) return { room };
  return typeof room === 'string' && /^[a-z0-9]{4,12}$/.test(room) ? { room } : undefined;
};

/** The number of a made-up name. */
export const readTurn: Reader<{ turn: number }> = (raw) => {
  const turn = field(raw, 'turn');
  return isIndex(turn, LIMITS.nameTurns) ? { turn } : undefined;
};

const command = commandMaker<World, Asker, never, Refusal>();

/** All requests. */
export const commands: readonly CommandOf<World, Asker, Answer>[] = [
  command('play', undefined, readRoom, (world, { person, socket }, { room }) => world.play(person, socket, room)),
  command('name', undefined, readTurn, (world, { person, socket }, { turn }) => {
    world.rename(person, socket, turn);
    return yes({ you: person.card, turn: person.turn });
  }),
  command('leave', undefined, readNothing, (world, { socket }) => (world.leave(socket) ? yes({}) : no('gone'))),
  command('ping', undefined, readNothing, (world) => yes({ now: world.now() })),
];
