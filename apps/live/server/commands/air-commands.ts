/** The commands of broadcasters: going on air, and removing people. */
import { no, yes } from 'naru-apps-kit/server/command.js';
import { broadcastIn, deskOf, talkOf } from '../../shared/rooms.js';
import type { LiveSocket } from '../live-server.js';
import { broadcastOf } from '../people/names.js';
import { type Command, command } from './command.js';
import type { PageBroadcasters } from './page-broadcasters.js';
import { readDescribe, readKey, readKick, readStart } from './readers.js';

/** The commands of broadcasters. */
export function airCommands(broadcasters: PageBroadcasters): readonly Command[] {
  return [
    command('air:start', 'air', readStart, async (world, { person, socket }, { key, kind, qualities, form }) => {
      const id = broadcastOf(key);
      const refusal = await broadcasters.begin(socket, { id, card: person.card, kind, qualities }, form);
      if (refusal)
        return no(refusal, refusal === 'muted' ? world.reports.mutedFor(person.card.id, world.now()) : undefined);
      openDesk(socket, id);
      return yes({ id });
    }),

    command('air:stop', undefined, readKey, async (world, { socket }, { key }) => {
      const id = broadcastOf(key);
      broadcasters.forget(socket, id);
      if (!world.directory.get(id) && !world.studioOf(id)) return no('gone');
      await world.end(id, 'stopped');
      return yes({});
    }),

    command('air:describe', undefined, readDescribe, async (world, _asker, { key, ...about }) =>
      (await world.describe(broadcastOf(key), about)) ? yes({}) : no('gone'),
    ),

    // The key opens the figures and the chat of a broadcast, such as that of a program.
    command('desk:open', undefined, readKey, (world, { socket }, { key }) => {
      const id = broadcastOf(key);
      openDesk(socket, id);
      return yes({ id, onAir: world.directory.get(id) !== undefined });
    }),

    command('kick', undefined, readKick, async (world, _asker, { key, who }) => {
      const id = broadcastOf(key);
      const entry = world.directory.get(id);
      if (!entry || entry.card.id === who) return no('gone');
      world.journal.kick(id, who);
      await world.readOn();
      return yes({});
    }),
  ];
}

/**
 * Opens the desk and the chat of a broadcast. A page has few, and anybody can make keys, so one more closes the oldest.
 */
function openDesk(socket: LiveSocket, id: string): void {
  const others = [...socket.rooms].flatMap((room) => broadcastIn(room, 'desk') ?? []).filter((each) => each !== id);
  const oldest = others.at(-DESKS_MAX);
  if (oldest !== undefined) for (const room of [deskOf(oldest), talkOf(oldest)]) void socket.leave(room);
  void socket.join([deskOf(id), talkOf(id)]);
}

/** The desks of one connection. */
const DESKS_MAX = 8;
