import { describe, expect, it } from 'vitest';
import { Stations } from '../server/places/stations.js';
import { LIMITS } from '../shared/limits.js';
import { LANDMARKS } from '../shared/words.js';
import { aRider, countingIds } from './riders.js';

const fresh = (): Stations => new Stations(countingIds(), 0);

function made(stations: Stations, name: string): Exclude<ReturnType<Stations['make']>, string> {
  const station = stations.make(name, 0, 0);
  if (typeof station === 'string') throw new TypeError(`the station "${name}" was refused: ${station}`);
  return station;
}

describe('stations', () => {
  it('start with the permanent ones, which never close', () => {
    const stations = fresh();
    stations.sweep(10 * LIMITS.stationEmptyMs);
    expect(stations.list().map(({ id }) => id)).toEqual(LANDMARKS.map(({ id }) => id));
  });

  it('can be opened with a readable name', () => {
    const stations = fresh();
    expect(made(stations, '  고양이   사진 ').name).toBe('고양이 사진');
    expect(stations.list().at(-1)).toMatchObject({ name: '고양이 사진', isPermanent: false, here: 0 });
  });

  it.each([
    ['a', 'too short'],
    ['x'.repeat(LIMITS.stationNameMax + 1), 'too long'],
    ['!!! ???', 'without a letter'],
    ['\u200b\u202e\u2066', 'invisible'],
    ['Central', 'a permanent one'],
    ['ＣＥＮＴＲＡＬ', 'a permanent one in wide letters'],
    ['중 앙', 'a permanent one, spaced'],
    ['System', 'the voice of the service'],
    ['s y s t e m', 'the voice of the service, spaced'],
    ['Naru Adm1n', 'the voice of the service, with digits'],
    ['운영자 공지', 'the voice of the service in Korean'],
  ])('cannot be called %j: %s', (name) => {
    expect(fresh().make(name, 0, 0)).toBe('name');
  });

  it('never share a name, however it is written', () => {
    const stations = fresh();
    made(stations, 'Rain Lovers');
    expect(stations.make('rain-lovers', 0, 0)).toBe('name');
    expect(stations.make('RAIN L0VERS', 0, 0)).toBe('name');
  });

  it('have a maximum number', () => {
    const stations = fresh();
    for (let index = 0; index < LIMITS.stationsMade; index++) made(stations, `Number ${index + 20}`);
    expect(stations.make('One too many', 0, 0)).toBe('full');
  });

  it('close after they were empty for a while, and not while somebody is in', () => {
    const stations = fresh();
    const rider = aRider();
    const station = made(stations, 'Short Stay');
    stations.enter(station, rider);
    expect(stations.sweep(10 * LIMITS.stationEmptyMs).closed).toEqual([]);
    // A person may be there through another process.
    station.members.set('other', aRider().card);
    const left = 20 * LIMITS.stationEmptyMs;
    stations.leave(station, rider, left);
    expect(stations.sweep(left + LIMITS.stationEmptyMs).closed).toEqual([]);
    station.members.clear();
    expect(stations.sweep(left + 2 * LIMITS.stationEmptyMs - 1).closed).toEqual([]);
    expect(stations.sweep(left + 2 * LIMITS.stationEmptyMs).closed).toEqual([station]);
    expect(stations.get(station.id)).toBeUndefined();
  });

  it('and riders refer to each other', () => {
    const stations = fresh();
    const rider = aRider();
    const station = stations.get('central');
    if (!station) throw new TypeError('the station "central" is not open');
    expect(stations.enter(station, rider)).toBe(true);
    expect(stations.enter(station, rider)).toBe(false);
    expect([...rider.stations]).toEqual(['central']);
    expect(stations.leave(station, rider, 0)).toBe(true);
    expect(rider.stations.size + station.riders.size).toBe(0);
  });
});
