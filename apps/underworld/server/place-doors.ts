/** Requests about places: stations, the line, and rides. */
import { LIMITS } from '../shared/limits.js';
import { roomOf } from '../shared/rooms.js';
import type { Answer, Card, Entered } from '../shared/wire.js';
import { readAvoid, readMake, readNothing, readPlace, readReport, readTurn } from './asks.js';
import { type Door, door, no, yes } from './door.js';
import type { Rider } from './riders.js';
import { stationOf } from './stations.js';
import type { World } from './world.js';

/** The requests about places and people. */
export const placeDoors: readonly Door[] = [
  door('station:make', 'act', readMake, (world, rider, { name, hue, reopen }) => {
    const now = world.now();
    const present = world.stations.named(name);
    if (present) return reopen ? yes({ station: stationOf(present) }) : no('name');
    const refusal = world.stations.refusal(name);
    if (refusal) return no(refusal);
    // Only a station that will open counts, so that a slip in the name costs nothing.
    const wait = rider.pace.take('make', now);
    if (wait > 0) return no('full', wait);
    const made = world.make(name, hue);
    if (typeof made === 'string') return no(made);
    return yes({ station: stationOf(made) });
  }),

  door('station:enter', 'act', readPlace, (world, rider, { id }) => {
    const station = world.stations.get(id);
    if (!station) return no('gone');
    if (!rider.stations.has(id) && rider.stations.size >= LIMITS.stationsJoined) return no('full');
    void rider.socket?.join(roomOf(id));
    world.enter(station, rider);
    return yes(entered([...station.members.values()], []));
  }),

  door('station:leave', 'act', readPlace, (world, rider, { id }) => {
    const station = world.stations.get(id);
    if (!station) return no('gone');
    world.leave(station, rider);
    return yes({});
  }),

  door('line:wait', 'act', readAvoid, (world, rider, { avoid }) => {
    wait(world, rider, avoid);
    return yes({});
  }),

  door('line:cancel', 'act', readNothing, (world, rider) => {
    world.line.cancel(rider);
    return yes({});
  }),

  door('ride:enter', 'act', readPlace, (world, rider, { id }) => {
    const ride = rider.ride === id ? world.line.get(id) : undefined;
    if (!ride) return no('gone');
    const cards = ride.riders.map(({ card }) => card);
    return yes(entered(cards, ride.log.messages));
  }),

  door('ride:end', 'act', readPlace, (world, rider, { id }) => {
    const ride = rider.ride === id ? world.line.get(id) : undefined;
    if (!ride) return no('gone');
    world.endRide(ride, rider, 'you');
    return yes({});
  }),

  door('report', 'report', readReport, (world, rider, { who, place }) => report(world, rider, who, place)),

  door('rename', 'act', readTurn, (world, rider, { turn }) => {
    world.rename(rider, turn);
    return yes({ you: rider.card, turn: rider.turn });
  }),

  door('forget', undefined, readNothing, (world, rider) => {
    const { socket } = rider;
    world.drop(rider, 'you');
    // After the answer has gone out.
    setImmediate(() => socket?.disconnect(true));
    return yes({});
  }),
];

/** Puts a rider in the queue of the line. To wait while on a ride is "next": it ends the ride first. */
export function wait(world: World, rider: Rider, avoid: readonly string[]): void {
  const current = rider.ride ? world.line.get(rider.ride) : undefined;
  if (current) world.endRide(current, rider, 'you');
  world.line.wait(rider, avoid);
  world.match();
}

function entered(members: readonly Card[], messages: Entered['messages']): Entered {
  return { members: members.slice(-LIMITS.membersListed), here: members.length, messages };
}

/** A report counts only against somebody whom the reporter has met: on a ride, or by their words in a shared station. */
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
