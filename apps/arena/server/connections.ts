/** Admits the connections of pages: the ticket of a tab makes the person. */
import { randomBytes } from 'node:crypto';
import { listen } from 'naru-apps-kit/server/command.js';
import { type FloodLimits, guardAgainstFloods, personBy } from 'naru-apps-kit/server/guard.js';
import { readSecret } from 'naru-apps-kit/server/readers.js';
import { LIMITS } from '../shared/limits.js';
import { decodeInputs } from '../shared/wire/input.js';
import { MAP_VERSION } from '../shared/world/map.js';
import { commands, readTurn } from './commands.js';
import { RefusedError } from './errors.js';
import type { GameSocket } from './game-server.js';
import { names } from './people/names.js';
import { board } from './people/people.js';
import type { World } from './world.js';

/** Admits connections to a world, and starts them. */
export function acceptConnections(world: World): void {
  const { io } = world;
  guardAgainstFloods(io, personBy(names), FLOOD);
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
    listen(commands, world, { person, socket }, socket);
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

/** Listens to the inputs of a connection. Malformed ones end the connection. */
function listenToInputs(world: World, socket: GameSocket): void {
  const raw = socket as unknown as { on(event: string, listener: (first: unknown) => void): void };
  let malformed = 0;
  raw.on('in', (first) => {
    const bytes = first instanceof ArrayBuffer ? new Uint8Array(first) : first;
    const message = bytes instanceof Uint8Array ? decodeInputs(bytes) : undefined;
    if (message && bytes instanceof Uint8Array) world.take(socket, message, bytes);
    else if (++malformed >= LIMITS.malformedMax) world.expel(socket);
  });
}

const FLOOD: FloodLimits = {
  flood: { perSecond: 100, burst: 300 },
  byEvent: {
    play: { perSecond: 0.5, burst: 10 },
    name: { perSecond: 0.5, burst: 10 },
    leave: { perSecond: 2, burst: 20 },
    ping: { perSecond: 2, burst: 20 },
    // Messages with inputs. A page sends 30 in a second. Further ones are dropped.
    in: { perSecond: 36, burst: 60 },
  },
};
