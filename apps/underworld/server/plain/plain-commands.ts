/** The commands of plain wires, besides entering stations and speaking there: events whose arguments are words. */
import { randomBytes } from 'node:crypto';
import { no } from 'naru-apps-kit/server/command.js';
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { REPORT_REASONS } from 'naru-apps-kit/shared/protocol.js';
import type { Refusal } from '../../shared/protocol.js';
import { report, wait } from '../commands/place-commands.js';
import { readText } from '../commands/readers.js';
import { mayNotSpeak, tell, tooFast } from '../commands/speaking.js';
import { labelOf, languageOf } from '../places/station-names.js';
import type { Kind } from '../riders/pace.js';
import type { Rider } from '../riders/riders.js';
import type { World } from '../world.js';
import type { PlainVoice } from './plain-voice.js';

/**
 * The result of a command: a refusal, or an answer for a client that asked for one and `tell` for a client that did
 * not.
 */
export type PlainResult =
  | { readonly ok: true; readonly answer: readonly unknown[]; tell?(): void }
  | { readonly ok: false; readonly why: Refusal; readonly waitMs?: number };

/** One command. */
export type PlainCommand = (world: World, rider: Rider, voice: PlainVoice, args: readonly unknown[]) => PlainResult;

/** The commands by the names of their events. */
export const plainCommands: ReadonlyMap<string, PlainCommand> = new Map<string, PlainCommand>([
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

function paced(kind: Kind, act: PlainCommand): PlainCommand {
  return (world, rider, voice, args) => {
    const waitMs = rider.pace.take(kind, world.now());
    return waitMs > 0 ? refuse('slow', waitMs) : act(world, rider, voice, args);
  };
}

/** Says a line of text: to the companion on a ride, or at the station entered last. */
function say(world: World, rider: Rider, _voice: PlainVoice, args: readonly unknown[]): PlainResult {
  const ride = world.rideOf(rider);
  const place = ride ?? world.stations.get([...rider.stations].at(-1) ?? '');
  const text = readText(args);
  if (!place) return refuse('gone');
  if (text === undefined) return refuse('bad');
  const stop = mayNotSpeak(world, rider, place) ?? tooFast(world, rider, place, text);
  if (stop && !stop.ok) return stop;
  tell(world, rider, place, { key: randomBytes(8).toString('hex'), text });
  return { ok: true, answer: ['said'] };
}

/** Lists who is at a station: the named one, or the one entered last. */
function who(world: World, rider: Rider, voice: PlainVoice, [name]: readonly unknown[]): PlainResult {
  const asked = typeof name === 'string' && name !== '' ? name : undefined;
  const station =
    asked === undefined ? world.stations.get([...rider.stations].at(-1) ?? '') : world.stations.spelled(asked);
  if (!station || !rider.stations.has(station.id)) return refuse('gone');
  const label = asked ?? labelOf(station, voice.language);
  const language = asked === undefined ? voice.language : languageOf(asked);
  const names = [...station.members.values()].map((card) => nameOf(card, language));
  return { ok: true, answer: [label, names], tell: () => voice.emit('here', label, names) };
}

function stations(world: World, _rider: Rider, voice: PlainVoice): PlainResult {
  const here = Object.fromEntries(world.stations.list().map((each) => [labelOf(each, voice.language), each.here]));
  return { ok: true, answer: [here], tell: () => voice.emit('stations', here) };
}

/** Asks for a ride with a stranger. During a ride, it asks for the next one. */
function line(world: World, rider: Rider, voice: PlainVoice): PlainResult {
  wait(world, rider, []);
  const isWaiting = rider.ride === undefined;
  if (!isWaiting) return { ok: true, answer: ['riding'] };
  return { ok: true, answer: ['waiting'], tell: () => voice.emit('ride:wait') };
}

/** Ends the ride, or stops waiting for one. */
function hangUp(world: World, rider: Rider): PlainResult {
  const ride = world.rideOf(rider);
  world.line.cancel(rider);
  if (ride) world.endRide(ride, rider, 'you');
  return { ok: true, answer: [ride ? 'off' : 'idle'] };
}

function rename(world: World, rider: Rider, voice: PlainVoice): PlainResult {
  world.rename(rider, rider.turn + 1);
  const name = voice.name(rider.card);
  return { ok: true, answer: [name], tell: () => voice.emit('welcome', name) };
}

/** Reports somebody by name, for one of the reasons. */
function accuse(
  world: World,
  rider: Rider,
  _voice: PlainVoice,
  [name, reason = 'other']: readonly unknown[],
): PlainResult {
  if (typeof name !== 'string' || !REPORT_REASONS.some((known) => known === reason)) return refuse('bad');
  const places = [rider.ride ?? '', ...rider.stations];
  for (const { card } of world.riders.named(name)) {
    for (const place of places) {
      if (report(world, rider, card.id, place).ok) return { ok: true, answer: ['reported'] };
    }
  }
  return refuse('gone');
}

function refuse(why: Refusal, waitMs?: number): PlainResult {
  return no(why, waitMs) as PlainResult;
}
