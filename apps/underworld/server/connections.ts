/**
 * Admits connections and finds their riders: by the ticket of a page's tab, or by the token of another client. Without
 * either, the rider is new.
 */
import { randomBytes } from 'node:crypto';
import { listen } from 'naru-apps-kit/server/command.js';
import { type FloodLimits, guardAgainstFloods } from 'naru-apps-kit/server/guard.js';
import { readSecret } from 'naru-apps-kit/server/readers.js';
import { placeIn } from '../shared/rooms.js';
import type { RiderSocket } from './chat-server.js';
import { clientKindOf, isPlain } from './client-kind.js';
import { pictureCommands } from './commands/picture-commands.js';
import { placeCommands } from './commands/place-commands.js';
import { readToken, readTurn } from './commands/readers.js';
import { talkCommands } from './commands/talk-commands.js';
import { RefusedError } from './errors.js';
import { PlainClients, wantedLanguage } from './plain/plain-clients.js';
import { plainWordsOf } from './plain/plain-words.js';
import { names, ticketOf } from './riders/names.js';
import type { Rider } from './riders/riders.js';
import { PageVoice } from './riders/voice.js';
import type { World } from './world.js';

/** Admits the connections of a world's server, and starts them. */
export function acceptConnections(world: World): void {
  const commands = [...placeCommands, ...talkCommands, ...pictureCommands];
  const pages = new WeakMap<RiderSocket, Rider>();
  const plain = new PlainClients(world);
  guardAgainstFloods(world.io, riderOf, FLOOD);

  // Naru asks here before a client reads history, whichever wire it uses. Without this rule nobody may.
  world.io.allow({
    history: (socket, room) => {
      const rider = pages.get(socket);
      return rider ? mayRead(world, rider, socket, room) : plain.mayRead(socket, room);
    },
  });

  // Middleware runs before `connection`, as in Socket.IO; an error refuses the connection.
  world.io.use((socket, next) => {
    const client = clientKindOf(socket);
    if (isPlain(client)) return next(admitPlain(world, plain, socket));
    const { auth } = socket.handshake;
    // A client without a ticket gets a rider, too, but cannot come back to it.
    const ticket = readSecret(auth.ticket) ?? randomTicket();
    const rider = world.riders.board(ticket, readTurn(auth)?.turn ?? 0, world.now(), client);
    delete auth.ticket;
    if (!rider) return next(new RefusedError('full', 'The line is full. Try again later.'));
    pages.set(socket, rider);
    next();
  });

  // Sockets of all wires arrive at this one event.
  world.io.on('connection', (socket) => {
    const rider = pages.get(socket);
    if (!rider) return plain.start(socket);
    // A newer connection of the same rider takes over.
    listen(commands, world, rider, socket, () => rider.socket === socket);
    socket.on('disconnect', () => world.lose(rider, socket));
    world.connect(rider, socket, new PageVoice(socket, clientKindOf(socket)));
  });
}

/** A page reads the history of the stations that its rider is in. A ride has none. */
function mayRead(world: World, rider: Rider, socket: RiderSocket, room: string): boolean {
  const id = placeIn(room);
  return rider.socket === socket && id !== undefined && rider.stations.has(id) && world.stations.get(id) !== undefined;
}

/** Finds the rider of a connection on a plain wire, or returns the reason to refuse it. */
function admitPlain(world: World, plain: PlainClients, socket: RiderSocket): RefusedError | undefined {
  const { auth } = socket.handshake;
  const language = wantedLanguage(socket);
  const token = readToken(auth.token);
  // The token is a secret, so it must not stay where other code could read it.
  delete auth.token;
  delete auth.authorization;
  const ticket = token === undefined ? undefined : ticketOf(token);
  const words = plainWordsOf(language);
  // A POST sends one message and ends. It speaks for the rider who listens with its token, or for the passer-by.
  if (socket.request.method === 'POST') {
    const rider = ticket === undefined ? world.riders.passer(world.now()) : world.riders.find(ticket);
    if (!rider) return new RefusedError('gone', words.unheard);
    plain.admit(socket, { rider, language, isVisit: true, canReturn: false });
    return undefined;
  }
  const rider = world.riders.board(ticket ?? randomTicket(), 0, world.now(), clientKindOf(socket));
  if (!rider) return new RefusedError('full', words.refused('full'));
  plain.admit(socket, { rider, language, isVisit: false, canReturn: ticket !== undefined });
  return undefined;
}

function randomTicket(): string {
  return randomBytes(16).toString('hex');
}

/** Names the rider of a ticket, or of a token on a plain wire. */
function riderOf({ auth }: { readonly auth: Readonly<Record<string, unknown>> }): string | undefined {
  const token = readToken(auth.token);
  const ticket = readSecret(auth.ticket) ?? (token === undefined ? undefined : ticketOf(token));
  return ticket && names.stub(ticket).key;
}

const FLOOD: FloodLimits = {
  flood: { perSecond: 320, burst: 900 },
  // Each reading may look at thousands of records.
  history: { perSecond: 4, burst: 100 },
  byEvent: {
    typing: { perSecond: 2, burst: 12 },
    'picture:chunk': { perSecond: 80, burst: 160 },
    'picture:get': { perSecond: 200, burst: 400 },
  },
};
