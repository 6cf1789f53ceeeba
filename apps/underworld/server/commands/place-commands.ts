/** The commands about places and people: stations, the line, rides, reports and names. */
import { no, yes } from 'naru-apps-kit/server/command.js';
import { readId, readNothing } from 'naru-apps-kit/server/readers.js';
import { LIMITS } from '../../shared/limits.js';
import type { Answer, Card, Entered } from '../../shared/protocol.js';
import { roomOf } from '../../shared/rooms.js';
import type { Kept } from '../places/place-log.js';
import { stationOf } from '../places/stations.js';
import type { Rider } from '../riders/riders.js';
import type { World } from '../world.js';
import { type Command, command } from './command.js';
import { readAvoid, readMake, readReport, readTurn } from './readers.js';

/** The commands about places and people. */
export const placeCommands: readonly Command[] = [
  command('station:make', 'act', readMake, (world, rider, { name, hue, reopen }) => {
    const now = world.now();
    const present = world.stations.named(name);
    if (present) return reopen ? yes({ station: stationOf(present) }) : no('name');
    const refusal = world.stations.refusal(name);
    if (refusal) return no(refusal);
    // The limit counts only stations that open, so a rejected name costs nothing.
    const wait = rider.pace.take('make', now);
    if (wait > 0) return no('full', wait);
    const made = world.sync.make(name, hue);
    if (typeof made === 'string') return no(made);
    return yes({ station: stationOf(made) });
  }),

  command('station:enter', 'act', readId, (world, rider, { id }) => {
    const station = world.stations.get(id);
    if (!station) return no('gone');
    if (!rider.stations.has(id) && rider.stations.size >= LIMITS.stationsJoined) return no('full');
    // A room of Naru, as in Socket.IO: broadcasts to the station reach this page from here on.
    void rider.socket?.join(roomOf(id));
    world.enter(station, rider);
    return yes(entered([...station.members.values()], { messages: [], reactions: [] }));
  }),

  command('station:leave', 'act', readId, (world, rider, { id }) => {
    const station = world.stations.get(id);
    if (!station) return no('gone');
    world.leave(station, rider);
    return yes({});
  }),

  command('line:wait', 'act', readAvoid, (world, rider, { avoid }) => {
    wait(world, rider, avoid);
    return yes({});
  }),

  command('line:cancel', 'act', readNothing, (world, rider) => {
    world.line.cancel(rider);
    return yes({});
  }),

  command('ride:enter', 'act', readId, (world, rider, { id }) => {
    const ride = world.rideOf(rider);
    if (ride?.id !== id) return no('gone');
    const cards = ride.riders.map(({ card }) => card);
    return yes(entered(cards, ride.log));
  }),

  command('ride:end', 'act', readId, (world, rider, { id }) => {
    const ride = world.rideOf(rider);
    if (ride?.id !== id) return no('gone');
    world.endRide(ride, rider, 'you');
    return yes({});
  }),

  command('report', 'report', readReport, (world, rider, { who, place }) => report(world, rider, who, place)),

  command('rename', 'act', readTurn, (world, rider, { turn }) => {
    world.rename(rider, turn);
    return yes({ you: rider.card, turn: rider.turn });
  }),

  command('forget', undefined, readNothing, (world, rider) => {
    const { socket } = rider;
    world.drop(rider, 'you');
    // The acknowledgement has to go out before the connection closes.
    setImmediate(() => socket?.disconnect(true));
    return yes({});
  }),
];

/** Puts a rider in the queue of the line. On a ride, the ride ends first and the rider asks for the next one. */
export function wait(world: World, rider: Rider, avoid: readonly string[]): void {
  const current = world.rideOf(rider);
  if (current) world.endRide(current, rider, 'you');
  world.line.wait(rider, avoid);
  world.match();
}

function entered(members: readonly Card[], { messages, reactions }: Kept): Entered {
  return { members: members.slice(-LIMITS.membersListed), here: members.length, messages, reactions };
}

/**
 * Reports a person. The report counts only when the reporter has met that person: on a ride, or by a message at a
 * shared station.
 */
export function report(world: World, rider: Rider, who: string, placeId: string): Answer {
  const now = world.now();
  const ride = rider.ride === placeId ? world.line.get(placeId) : undefined;
  const isCompanion = ride?.riders.some((each) => each.card.id === who) ?? rider.lastPartner === who;
  const hasSpoken = world.placeOf(rider, placeId)?.log.hasSpoken(who) ?? false;
  if (who === rider.card.id || !(isCompanion || hasSpoken)) return no('gone');
  world.line.part(rider.card.id, who, Number.POSITIVE_INFINITY);
  const mute = world.reports.add(who, { id: rider.card.id, bornAt: rider.bornAt }, now);
  if (mute > 0) world.riders.get(who)?.voice?.muted(mute);
  if (ride && isCompanion) world.endRide(ride, rider, 'reported', true);
  return yes({});
}
