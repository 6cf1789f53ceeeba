/** Admits the connections of pages: the ticket of a tab makes the person. */
import { randomBytes } from 'node:crypto';
import { listen } from 'naru-apps-kit/server/command.js';
import { readSecret } from 'naru-apps-kit/server/readers.js';
import { LIMITS } from '../shared/limits.js';
import { decodeInputs } from '../shared/wire/input.js';
import { MAP_VERSION } from '../shared/world/map.js';
import { commands, readTurn } from './commands.js';
import { RefusedError } from './errors.js';
import type { GameSocket } from './game-server.js';
import { board } from './people/people.js';
import type { World } from './world.js';

/** Admits connections to a world, and starts them. */
export function acceptConnections(world: World): void {
  const { io } = world;
  const admit = (socket: GameSocket): Error | undefined => {
    const { auth } = socket.handshake;
    // A client without a ticket gets a person, too, but cannot come back to it.
    const ticket = readSecret(auth.ticket) ?? randomBytes(16).toString('hex');
    const person = board(world.people, ticket, readTurn(auth)?.turn, world.now());
    // The ticket is a secret, so it must not stay where other code could read it.
    delete auth.ticket;
    if (!person) return new RefusedError('full', 'The depot is full. Try again later.');
    world.persons.set(socket, person);
    return undefined;
  };
  // Middleware runs before `connection`, as in Socket.IO; an error refuses the connection.
  io.use((socket, next) => next(admit(socket)));
  io.on('connection', (socket) => {
    const person = world.persons.get(socket);
    if (!person) return;
    person.connections++;
    listen(commands, world, { person, pace: person.pace, socket }, socket);
    listenToInputs(world, socket);
    socket.on('disconnect', () => {
      person.connections--;
      person.lostAt = world.now();
      world.lose(socket);
    });
    const { hasLane } = world.rules;
    const welcome = { you: person.card, turn: person.turn, now: world.now(), map: MAP_VERSION, hasLane };
    // A local event would be faster, and is lost for a socket that comes while the log has been silent for a second.
    socket.emit('welcome', welcome);
  });
}

/** Listens to the inputs of a connection. Too many of them are dropped, and malformed ones end the connection. */
function listenToInputs(world: World, socket: GameSocket): void {
  const pace = world.persons.get(socket)?.pace;
  const raw = socket as unknown as { on(event: string, listener: (first: unknown) => void): void };
  let malformed = 0;
  raw.on('in', (first) => {
    if (!pace || pace.take('inputs', world.now()) > 0) return;
    const bytes = first instanceof ArrayBuffer ? new Uint8Array(first) : first;
    const message = bytes instanceof Uint8Array ? decodeInputs(bytes) : undefined;
    if (message && bytes instanceof Uint8Array) world.take(socket, message, bytes);
    else if (++malformed >= LIMITS.malformedMax) world.expel(socket);
  });
}
