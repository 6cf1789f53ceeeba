import { describe, expect, it } from 'vitest';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { FakeClock } from '../src/fake-clock.js';
import { type LinkOptions, linkTable, Pipe } from '../src/pipe.js';
import { SeededRandom } from '../src/seeded-random.js';

function open(options: LinkOptions, takesMore: () => boolean = () => true) {
  const clock = new FakeClock();
  const arrived: (string | undefined)[] = [];
  const pipe = new Pipe(clock, new SeededRandom(1), readOptions(linkTable, options), {
    receive: (bytes) => {
      arrived.push(bytes.toString());
      return takesMore();
    },
    receiveEnd: () => arrived.push(undefined),
  });
  return { clock, pipe, arrived };
}

describe('Pipe', () => {
  it('copies written data, so that its memory can be reused', async () => {
    const { clock, pipe, arrived } = open({ splitsMax: 0 });
    const memory = Buffer.from('first');
    pipe.write(memory, () => memory.write('later'));
    await clock.settle();
    expect(arrived).toEqual(['first']);
  });

  it('confirms a write when the data in flight fits the window', async () => {
    const { clock, pipe } = open({ splitsMax: 0, windowBytes: 4, delayMs: [5, 5] });
    const confirmed: number[] = [];
    pipe.write(Buffer.from('1234'), () => confirmed.push(clock.elapsed));
    pipe.write(Buffer.from('5'), () => confirmed.push(clock.elapsed));
    expect([confirmed, pipe.bytesInFlight]).toEqual([[0], 5]);
    await clock.advance(5);
    expect([confirmed, pipe.bytesInFlight, pipe.bytesCarried]).toEqual([[0, 5], 0, 5]);
  });

  it('stops while its target is full, and continues when it resumes', async () => {
    let isFull = true;
    const { clock, pipe, arrived } = open({ splitsMax: 0, delayMs: [1, 1] }, () => !isFull);
    pipe.write(Buffer.from('one'), () => undefined);
    await clock.advance(1);
    pipe.write(Buffer.from('two'), () => undefined);
    pipe.end();
    await clock.advance(100);
    expect(arrived).toEqual(['one']);
    isFull = false;
    pipe.resume();
    await clock.advance(1);
    expect(arrived).toEqual(['one', 'two', undefined]);
  });

  it('fails a waiting write, and later ones, when nobody is left', async () => {
    const { clock, pipe, arrived } = open({ windowBytes: 1, delayMs: [1, 1] });
    const gone = new TypeError('gone');
    const errors: unknown[] = [];
    pipe.write(Buffer.from('waits'), (error) => errors.push(error));
    pipe.refuse(gone);
    pipe.write(Buffer.from('follows'), (error) => errors.push(error));
    await clock.advance(10);
    expect([errors, arrived, clock.timerCount]).toEqual([[gone, gone], [], 0]);
  });

  it('ends once', async () => {
    const { clock, pipe, arrived } = open({});
    pipe.end();
    pipe.end();
    await clock.settle();
    expect(arrived).toEqual([undefined]);
  });
});

describe('the defaults of links', () => {
  it('gives a perfect network that cuts writes into pieces', () => {
    expect(readOptions(linkTable)).toEqual({
      splitsMax: 3,
      delayMs: [0, 0],
      windowBytes: 65_536,
      cutAfterBytes: undefined,
    });
  });

  it.each([
    ['splitsMax', { splitsMax: -1 }],
    ['splitsMax', { splitsMax: 1_001 }],
    ['windowBytes', { windowBytes: 0 }],
    ['delayMs', { delayMs: [5, 4] as const }],
    ['cutAfterBytes', { cutAfterBytes: [0.5, 4] as const }],
  ])('names %s when it is invalid', (name, options) => {
    expect(() => readOptions(linkTable, options)).toThrow(name);
  });
});

describe('the options of links', () => walkOptions(linkTable, (given) => readOptions(linkTable, given)));
