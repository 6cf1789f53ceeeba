import { expect, it } from 'vitest';
import type { Clock } from '../../../../src/base/clock.js';
import { ReadingOrder } from '../../../../src/namespace/log/late/reading-order.js';

/** A clock that runs its deferred calls one by one. Each reader takes some of its time. */
class Steps implements Clock {
  readonly deferred: (() => void)[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(): never {
    throw new TypeError('no timer is needed');
  }

  clearTimeout(): void {}

  defer<T>(step: (argument: T) => void, argument: T): void {
    this.deferred.push(() => step(argument));
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  /** Runs a turn, after other work that takes some time. */
  step(otherMs = 20): void {
    this.#now += otherMs;
    const [first] = this.deferred.splice(0, 1);
    first?.();
  }
}

function open(readMs: number, isShared = () => true) {
  const clock = new Steps();
  const order = new ReadingOrder(clock, isShared);
  const log: string[] = [];
  const wait = (name: string, ...offsets: string[]): void => {
    const reader = {
      offset: offsets.shift() ?? '',
      readNext() {
        if (name === 'broken') throw new TypeError(name);
        clock.pass(readMs);
        log.push(`${name}${reader.offset}`);
        reader.offset = offsets.shift() ?? '';
        if (reader.offset !== '') order.wait(reader);
        return undefined;
      },
    };
    order.wait(reader, name.startsWith('little'));
  };
  return { clock, order, log, wait };
}

it('serves readers in the order of the log, each once before any is served again', () => {
  const { clock, order, log, wait } = open(0);
  wait('a', '3', '6');
  wait('b', '1', '4', '5');
  wait('c', '2');
  expect([log, clock.deferred.length]).toEqual([[], 1]);
  clock.step();
  expect(log).toEqual(['b1', 'c2', 'a3']);
  clock.step();
  expect(log.slice(3)).toEqual(['b4', 'a6']);
  clock.step();
  expect(log.slice(5)).toEqual(['b5']);
  expect([order.count, clock.deferred.length]).toEqual([0, 0]);
});

it('lets other work in when readers take long, and skips no waiting reader', () => {
  const { clock, order, log, wait } = open(6);
  wait('a', '3');
  wait('b', '1', '2');
  wait('c', '4');
  clock.step();
  expect([log, order.count]).toEqual([['b1', 'a3'], 2]);
  clock.step();
  expect([log.slice(2), order.count, clock.deferred.length]).toEqual([['b2', 'c4'], 0, 0]);
});

it('brings everybody to the end while newcomers arrive from far behind', () => {
  const { clock, log, wait } = open(11);
  wait('a', '1', '2', '3', '4');
  for (let newcomer = 0; newcomer < 20; newcomer += 1) {
    wait(`n${newcomer}-`, '0', '1', '2', '3');
    clock.step();
  }
  expect(log.filter((entry) => entry.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
  expect(log.filter((entry) => /^n\d+-3$/.test(entry)).length).toBeGreaterThan(0);
});

it('lets some turns pass after one in which readers took long, or as much time as they took', () => {
  const { clock, log, wait } = open(11);
  wait('a', '1', '2', '3');
  for (let turn = 0; turn < 17; turn += 1) {
    expect(log).toEqual(turn === 0 ? [] : ['a1']);
    clock.step(0);
  }
  clock.step(0);
  expect(log).toEqual(['a1', 'a2']);
  clock.step(6);
  expect(log).toEqual(['a1', 'a2']);
  clock.step(6);
  expect(log).toEqual(['a1', 'a2', 'a3']);
});

it('serves those first that need little, however many others wait', () => {
  const { clock, log, wait } = open(11);
  for (let other = 0; other < 100; other += 1) wait(`far${other}-`, '1', '2', '3');
  clock.step();
  for (let reader = 0; reader < 20; reader += 1) {
    wait(`little${reader}-`, '1');
    clock.step();
  }
  expect(log.slice(1).filter((entry) => !entry.startsWith('little')).length).toBe(2);
  expect(log.filter((entry) => entry.startsWith('little')).length).toBe(18);
});

it('serves one of the others after eight that need little, so all of them reach the end', () => {
  const { clock, log, wait } = open(11);
  for (let other = 0; other < 3; other += 1) wait(`far${other}-`, '1', '2');
  for (let step = 0; step < 54; step += 1) {
    wait(`little${step}-`, '3');
    clock.step();
  }
  const places = log.flatMap((entry, place) => (entry.startsWith('far') ? [place] : []));
  expect(places).toEqual([8, 17, 26, 35, 44, 53]);
});

it('continues after a reader that failed', () => {
  const { clock, order, log, wait } = open(0);
  wait('broken', '1');
  wait('a', '2');
  expect(() => clock.step()).toThrow('broken');
  clock.step();
  expect([log, order.count, clock.deferred.length]).toEqual([['a2'], 0, 0]);
});

it('serves four readers at once while a log on another machine answers each with records of its own', async () => {
  const { clock, order, log, wait } = open(0, () => false);
  const answers: (() => void)[] = [];
  const readNext = (): Promise<void> => new Promise((resolve) => answers.push(resolve));
  for (let place = 1; place <= 10; place += 1) order.wait({ offset: `1${place}`, readNext });
  clock.step();
  wait('a', '3');
  expect([answers.length, order.count, clock.deferred.length]).toEqual([4, 7, 0]);
  for (const answer of answers.splice(0, 3)) {
    answer();
    await Promise.resolve();
  }
  expect(clock.deferred.length).toBe(1);
  clock.step();
  expect([answers.length, log, order.count]).toEqual([4, [], 4]);
});

it('serves nobody while a log on another machine is read for all of them', async () => {
  const { clock, order, log, wait } = open(0);
  let answer = (): void => undefined;
  const readNext = (): Promise<void> => new Promise((resolve) => (answer = resolve));
  order.wait({ offset: '1', readNext });
  wait('a', '2');
  clock.step();
  wait('b', '3');
  expect([log, clock.deferred.length]).toEqual([[], 0]);
  answer();
  await Promise.resolve();
  clock.step();
  expect(log).toEqual(['a2', 'b3']);
});
