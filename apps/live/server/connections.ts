/** Admits the connections of pages: the ticket of a tab makes the person. */
import { randomBytes } from 'node:crypto';
import { listen } from 'naru-apps-kit/server/command.js';
import { type FloodLimits, guardAgainstFloods, personBy } from 'naru-apps-kit/server/guard.js';
import { readSecret } from 'naru-apps-kit/server/readers.js';
import { broadcastIn, PAGES } from '../shared/rooms.js';
import { airCommands } from './commands/air-commands.js';
import { PageBroadcasters } from './commands/page-broadcasters.js';
import { readTime } from './commands/readers.js';
import { watchAtOnce, watchCommands } from './commands/watch-commands.js';
import { RefusedError } from './errors.js';
import { type LiveClock, type LiveServer, type LiveSocket, unlogged } from './live-server.js';
import { names } from './people/names.js';
import { board } from './people/people.js';
import type { Rules } from './rules.js';
import { personOf, World } from './world.js';

/** Makes the world of a server, admits connections and starts them. */
export function acceptConnections(io: LiveServer, rules: Rules, clock: LiveClock): World {
  const admit = (socket: LiveSocket): Error | undefined => {
    const { auth } = socket.handshake;
    // A client without a ticket gets a person, too, but cannot come back to it.
    const ticket = readSecret(auth.ticket) ?? randomBytes(16).toString('hex');
    const person = board(world.people, ticket, world.now());
    // The ticket is a secret, so it must not stay where other code could read it.
    delete auth.ticket;
    if (!person) return new RefusedError('full', 'The line is full. Try again later.');
    world.persons.set(socket, person);
    return undefined;
  };
  const world = new World(io, rules, clock, admit);
  guardAgainstFloods(io, personBy(names), FLOOD);
  const broadcasters = new PageBroadcasters(world);
  const commands = [...airCommands(broadcasters), ...watchCommands];
  // Middleware runs before `connection`, as in Socket.IO; an error refuses the connection.
  io.use((socket, next) => next(admit(socket)));
  // The chat of a broadcast can be read by those who may watch it.
  io.allow({
    history: (socket, room) => {
      const id = broadcastIn(room, 'talk');
      return id !== undefined && world.mayRead(socket, id);
    },
  });
  io.on('connection', (socket) => {
    const person = world.persons.get(socket);
    if (!person) return;
    person.connections++;
    const asker = { person, pace: person.pace, socket };
    listen(commands, world, asker, socket);
    listenToMedia(broadcasters, socket, world.now);
    socket.on('disconnect', () => {
      person.connections--;
      person.lostAt = world.now();
      broadcasters.lose(socket);
      world.viewers.leave(socket);
    });
    void socket.join([PAGES, personOf(person.card.id)]);
    const mutedMs = world.reports.mutedFor(person.card.id, world.now());
    const { list } = world.directory;
    const { graceMs } = world.rules;
    unlogged(socket).emit('welcome', { you: person.card, onAir: list, mutedMs, now: world.now(), graceMs });
    void watchAtOnce(world, asker, socket.handshake.auth.watch);
  });
  return world;
}

/** Listens to the events that cannot be refused: frames, parts of WebM, what viewers show, and looks at the clock. */
function listenToMedia(broadcasters: PageBroadcasters, socket: LiveSocket, now: () => number): void {
  const raw = socket as unknown as { on(event: string, listener: (first: unknown, reply?: unknown) => void): void };
  raw.on('frame', (bytes, reply) => {
    broadcasters.frame(socket, bytes);
    if (typeof reply === 'function') reply();
  });
  raw.on('webm', (bytes) => broadcasters.webm(socket, bytes));
  raw.on('clock', (_ask, reply) => {
    if (typeof reply === 'function') reply(now());
  });
  raw.on('seen', (first) => {
    const at = readTime(first);
    // Naru takes a time that cannot be for the nearest that can.
    if (at !== undefined) socket.seen(at);
  });
}

const ACT = { perSecond: 4, burst: 40 };

const FLOOD: FloodLimits = {
  flood: { perSecond: 400, burst: 1_200 },
  // Each reading may return a megabyte of pictures.
  history: { perSecond: 6, burst: 60 },
  byEvent: {
    ...{ watch: ACT, unwatch: ACT, quality: ACT, kick: ACT, 'tape:marks': ACT },
    ...{ 'air:stop': ACT, 'air:describe': ACT, 'desk:open': ACT },
    heart: { perSecond: 3, burst: 10 },
    // Stills of moments on the tape.
    'tape:still': { perSecond: 8, burst: 40 },
  },
};
