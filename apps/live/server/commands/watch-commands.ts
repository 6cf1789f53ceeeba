/** The commands of viewers: watching, talking and reporting. */
import { no, yes } from 'naru-apps-kit/server/command.js';
import { field, isId, readId, readNothing } from 'naru-apps-kit/server/readers.js';
import type { Answer, Watched } from '../../shared/protocol.js';
import { crowdOf, talkOf } from '../../shared/rooms.js';
import { type Entry, onAirOf } from '../broadcasts/directory.js';
import { unlogged } from '../live-server.js';
import { stillAt } from '../media/still.js';
import type { Person } from '../people/people.js';
import type { World } from '../world.js';
import { type Asker, type Command, command } from './command.js';
import { readMoment, readReport, readSay, readWatch, readWish } from './readers.js';

const watch: Command = command('watch', undefined, readWatch, async (world, { person, socket }, { id, wish }) => {
  if (!world.directory.get(id)) return no('gone');
  const viewers = await countViewers(world, id);
  // The broadcast may have ended since, or the person may have been removed.
  const entry = world.directory.get(id);
  if (!entry || !socket.connected) return no('gone');
  if (entry.kicked.includes(person.card.id)) return no('kicked');
  const isBack = world.viewers.watchedBy(socket) === id;
  // One person counts once, but each connection takes its part of the line of this server.
  const taken = Math.max(viewers, world.viewers.of(id).length);
  if (taken >= world.rules.viewers && !isBack) return no('full');
  world.viewers.watch(socket, person, entry, wish);
  return yes({ broadcast: onAirOf(entry), viewers: isBack ? viewers : viewers + 1 });
});

/** Carries out the request to watch that a connection brings in its `auth`. It saves the page a round trip. */
export async function watchAtOnce(world: World, asker: Asker, raw: unknown): Promise<void> {
  const id = field(raw, 'id');
  if (!isId(id)) return;
  const answer = await watch.run(world, asker, raw);
  unlogged(asker.socket).emit('watching', id, answer as Answer<Watched>);
}

/** The commands of viewers. */
export const watchCommands: readonly Command[] = [
  watch,

  command('unwatch', undefined, readNothing, (world, { socket }) => {
    world.viewers.leave(socket);
    return yes({});
  }),

  command('quality', undefined, readWish, (world, { socket }, { wish }) =>
    world.viewers.wish(socket, wish) ? yes({}) : no('gone'),
  ),

  command('say', 'say', readSay, (world, asker, { id, key, text }) => {
    const now = world.now();
    const { card } = asker.person;
    const mutedMs = world.reports.mutedFor(card.id, now);
    if (mutedMs > 0) return no('muted', mutedMs);
    if (!isIn(world, asker, id)) return no('gone');
    if (!world.hasRoom(id, 'messages')) return no('slow', CHAT_BUSY_MS);
    // `by` names the person, so that a report or a request can erase what this person said.
    const message = { key, from: card, at: now, text };
    world.io.to(talkOf(id)).by(card.id).emit('said', id, message);
    return yes({ at: now });
  }),

  command('heart', undefined, readId, (world, asker, { id }) => {
    if (!isIn(world, asker, id)) return no('gone');
    // Volatile, because a heart is of no use later. The page of the sender shows its own by itself.
    if (world.hasRoom(id, 'hearts')) asker.socket.to(talkOf(id)).volatile.emit('heart', id);
    return yes({});
  }),

  command('report', 'report', readReport, (world, asker, { id, who }) => {
    const { card, bornAt } = asker.person;
    if (who === card.id || !isIn(world, asker, id)) return no('gone');
    // Reports of new sessions do not count, so somebody who opens several tabs cannot mute anybody.
    if (world.now() - bornAt >= world.rules.reporterAgeMs) world.journal.report(id, who, card.id);
    return world.readOn().then(() => yes({}));
  }),

  command('tape:marks', undefined, readId, (world, { person }, { id }): Answer => {
    const entry = entryFor(world, person, id);
    return entry ? yes({ marks: entry.marks }) : no('gone');
  }),

  command('tape:still', undefined, readMoment, async (world, { person }, { id, at }): Promise<Answer> => {
    const entry = entryFor(world, person, id);
    const still = entry && (await stillAt(world.tapes, entry, at));
    // The broadcast may have ended while its tape was read, or the person may have been removed.
    return entryFor(world, person, id) ? yes({ still }) : no('gone');
  }),
];

/** The broadcast, unless the person was removed from it. */
function entryFor(world: World, { card }: Person, id: string): Entry | undefined {
  const entry = world.directory.get(id);
  return entry?.kicked.includes(card.id) ? undefined : entry;
}

/** Whether somebody is in the talk of a broadcast: as a viewer, or with its key. */
function isIn(world: World, { socket }: Asker, id: string): boolean {
  return world.directory.get(id) !== undefined && socket.rooms.has(talkOf(id));
}

/** The number of viewers on all servers. If the store cannot be read, which Naru has reported, viewers may come in. */
async function countViewers(world: World, id: string): Promise<number> {
  return world.io
    .presence(crowdOf(id))
    .count()
    .catch(() => 0);
}

const CHAT_BUSY_MS = 2_000;
