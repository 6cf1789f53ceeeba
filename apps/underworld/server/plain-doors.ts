/** What people on plain wires can ask for, besides entering stations and speaking there: as events with words for arguments. */
import { randomBytes } from 'node:crypto';
import { nameOf } from '../shared/naming.js';
import { REPORT_REASONS, type Refusal } from '../shared/wire.js';
import { readText } from './asks.js';
import { no } from './door.js';
import type { Kind } from './pace.js';
import { report, wait } from './place-doors.js';
import type { PlainVoice } from './plain-voice.js';
import type { Rider } from './riders.js';
import { labelOf, languageOf } from './spellings.js';
import { mayNotSpeak, tell, tooFast } from './talk-doors.js';
import type { World } from './world.js';

/** What came of it: the answer for whoever asked for one, and what to tell those who did not; or why not. */
export type Told =
  | { readonly ok: true; readonly answer: readonly unknown[]; tell?(): void }
  | { readonly ok: false; readonly why: Refusal; readonly waitMs?: number };

/** One thing to ask for. */
export type PlainDoor = (world: World, rider: Rider, voice: PlainVoice, args: readonly unknown[]) => Told;

/** The doors by the names of their events. */
export const plainDoors: ReadonlyMap<string, PlainDoor> = new Map<string, PlainDoor>([
  ['message', say],
  ['say', say],
  ['who', paced('act', who)],
  ['stations', paced('act', stations)],
  ['line', paced('act', line)],
  ['next', paced('act', line)],
  ['hangup', paced('act', hangUp)],
  ['rename', paced('act', rename)],
  ['report', paced('report', accuse)],
]);

function paced(kind: Kind, act: PlainDoor): PlainDoor {
  return (world, rider, voice, args) => {
    const waitMs = rider.pace.take(kind, world.now());
    return waitMs > 0 ? refuse('slow', waitMs) : act(world, rider, voice, args);
  };
}

/** A line of text: to the companion while there is a ride, else to the station entered last. */
function say(world: World, rider: Rider, _voice: PlainVoice, args: readonly unknown[]): Told {
  const ride = rider.ride ? world.line.get(rider.ride) : undefined;
  const place = ride ?? world.stations.get([...rider.stations].at(-1) ?? '');
  const text = readText(args);
  if (!place) return refuse('gone');
  if (text === undefined) return refuse('bad');
  const stop = mayNotSpeak(world, rider, place) ?? tooFast(world, rider, place, text);
  if (stop && !stop.ok) return stop;
  tell(world, rider, place, { key: randomBytes(8).toString('hex'), text });
  return { ok: true, answer: ['said'] };
}

/** Who is at a station: the one that is named, or the one entered last. */
function who(world: World, rider: Rider, voice: PlainVoice, [name]: readonly unknown[]): Told {
  const asked = typeof name === 'string' && name !== '' ? name : undefined;
  const station =
    asked === undefined ? world.stations.get([...rider.stations].at(-1) ?? '') : world.stations.spelled(asked);
  if (!station || !rider.stations.has(station.id)) return refuse('gone');
  const label = asked ?? labelOf(station, voice.language);
  const language = asked === undefined ? voice.language : languageOf(asked);
  const names = [...station.members.values()].map((card) => nameOf(card, language));
  return { ok: true, answer: [label, names], tell: () => voice.emit('here', label, names) };
}

function stations(world: World, _rider: Rider, voice: PlainVoice): Told {
  const here = Object.fromEntries(world.stations.list().map((each) => [labelOf(each, voice.language), each.here]));
  return { ok: true, answer: [here], tell: () => voice.emit('stations', here) };
}

/** A ride with a stranger; on a ride, the next one. */
function line(world: World, rider: Rider, voice: PlainVoice): Told {
  wait(world, rider, []);
  const isWaiting = rider.ride === undefined;
  if (!isWaiting) return { ok: true, answer: ['riding'] };
  return { ok: true, answer: ['waiting'], tell: () => voice.emit('ride:wait') };
}

/** Gets off, or steps back from the platform. */
function hangUp(world: World, rider: Rider): Told {
  const ride = rider.ride ? world.line.get(rider.ride) : undefined;
  world.line.cancel(rider);
  if (ride) world.endRide(ride, rider, 'you');
  return { ok: true, answer: [ride ? 'off' : 'idle'] };
}

function rename(world: World, rider: Rider, voice: PlainVoice): Told {
  world.rename(rider, rider.turn + 1);
  const name = voice.name(rider.card);
  return { ok: true, answer: [name], tell: () => voice.emit('welcome', name) };
}

/** Reports somebody by name, with one of the reasons. */
function accuse(world: World, rider: Rider, _voice: PlainVoice, [name, reason = 'other']: readonly unknown[]): Told {
  if (typeof name !== 'string' || !REPORT_REASONS.some((known) => known === reason)) return refuse('bad');
  const places = [rider.ride ?? '', ...rider.stations];
  for (const { card } of world.riders.named(name)) {
    for (const place of places) {
      if (report(world, rider, card.id, place).ok) return { ok: true, answer: ['reported'] };
    }
  }
  return refuse('gone');
}

function refuse(why: Refusal, waitMs?: number): Told {
  return no(why, waitMs) as Told;
}
