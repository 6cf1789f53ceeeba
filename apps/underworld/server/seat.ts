/** Seats every connection in its session and opens the doors to it. */
import { randomBytes } from 'node:crypto';
import { readTicket, readTurn } from './asks.js';
import { openDoors } from './door.js';
import { placeDoors } from './place-doors.js';
import type { Rider } from './riders.js';
import { talkDoors } from './talk-doors.js';
import type { World } from './world.js';

/** Lets people into a world through its server. */
export function seatEverybody(world: World): void {
  const doors = [...placeDoors, ...talkDoors];
  const seats = new WeakMap<object, Rider>();

  world.io.use((socket, next) => {
    const { auth } = socket.handshake;
    // A client without a ticket gets a seat as well, only none that it could come back to.
    const ticket = readTicket(auth.ticket) ?? randomBytes(16).toString('hex');
    const rider = world.riders.board(ticket, readTurn(auth)?.turn ?? 0, world.now());
    delete auth.ticket;
    if (!rider) return next(new Error('full'));
    seats.set(socket, rider);
    next();
  });

  world.io.on('connection', (socket) => {
    const rider = seats.get(socket);
    if (!rider) return void socket.disconnect(true);
    openDoors(doors, world, rider, socket);
    socket.on('disconnect', () => world.lose(rider, socket));
    world.connect(rider, socket);
  });
}
