/** Seats every connection in its session: pages by the ticket of their tab, all others by a word of their own, or for once. */
import { randomBytes } from 'node:crypto';
import { placeIn } from '../shared/rooms.js';
import { readTicket, readToken, readTurn } from './asks.js';
import { openDoors } from './door.js';
import { ticketOf } from './names.js';
import { placeDoors } from './place-doors.js';
import { PlainSeats, wantedLanguage } from './plain-seats.js';
import { plainWordsOf } from './plain-words.js';
import type { Rider, RiderSocket } from './riders.js';
import { isPlain, roadOf } from './roads.js';
import { talkDoors } from './talk-doors.js';
import { PageVoice } from './voice.js';
import type { World } from './world.js';

/** Lets people into a world through its server. */
export function seatEverybody(world: World): void {
  const doors = [...placeDoors, ...talkDoors];
  const pages = new WeakMap<object, Rider>();
  const plain = new PlainSeats(world);

  world.io.allow({
    history: (socket, room) => {
      const rider = pages.get(socket);
      return rider ? mayRead(world, rider, socket, room) : plain.mayRead(socket, room);
    },
  });

  world.io.use((socket, next) => {
    const road = roadOf(socket);
    if (isPlain(road)) return next(takePlain(world, plain, socket));
    const { auth } = socket.handshake;
    // A client without a ticket gets a seat as well, only none that it could come back to.
    const ticket = readTicket(auth.ticket) ?? randomTicket();
    const rider = world.riders.board(ticket, readTurn(auth)?.turn ?? 0, world.now(), road);
    delete auth.ticket;
    if (!rider) return next(new Error('full'));
    pages.set(socket, rider);
    next();
  });

  world.io.on('connection', (socket) => {
    const rider = pages.get(socket);
    if (!rider) return plain.sit(socket);
    openDoors(doors, world, rider, socket);
    socket.on('disconnect', () => world.lose(rider, socket));
    world.connect(rider, socket, new PageVoice(socket, roadOf(socket)));
  });
}

/** A page reads what was said at the stations that its rider is in. Of rides there is nothing to be read. */
function mayRead(world: World, rider: Rider, socket: RiderSocket, room: string): boolean | Error {
  if (rider.socket !== socket || rider.pace.take('past', world.now()) > 0) return new Error('slow');
  const id = placeIn(room);
  return id !== undefined && rider.stations.has(id) && world.stations.get(id) !== undefined;
}

/** Finds a seat for a connection without a page; gives what speaks against it. */
function takePlain(world: World, plain: PlainSeats, socket: RiderSocket): Error | undefined {
  const { auth } = socket.handshake;
  const language = wantedLanguage(socket);
  const token = readToken(auth.token);
  // What could be used to come back is not left where something might read it.
  delete auth.token;
  delete auth.authorization;
  const ticket = token === undefined ? undefined : ticketOf(token);
  const words = plainWordsOf(language);
  // A request that sends something and is over: it speaks for a session that listens, or for whoever passes by.
  if (socket.request.method === 'POST') {
    const rider = ticket === undefined ? world.riders.passer(world.now()) : world.riders.find(ticket);
    if (!rider) return new Error(words.unheard);
    plain.take(socket, { rider, language, isVisit: true, canReturn: false });
    return undefined;
  }
  const rider = world.riders.board(ticket ?? randomTicket(), 0, world.now(), roadOf(socket));
  if (!rider) return new Error(words.refused('full'));
  plain.take(socket, { rider, language, isVisit: false, canReturn: ticket !== undefined });
  return undefined;
}

function randomTicket(): string {
  return randomBytes(16).toString('hex');
}
