import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { encodeOffset, type LogRecord } from '../../../src/backplane/backplane.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { LostEvents } from '../../../src/namespace/log/lost-events.js';

/** Lost events, and the appends of gap records that a test answers. */
function build() {
  const clock = new FakeClock();
  const gaps: string[] = [];
  const answers: ((isThere: boolean) => void)[] = [];
  const lost = new LostEvents(clock, ({ event }: LogRecord) => {
    gaps.push(event);
    return new Promise((resolve, reject) => {
      answers.push((isThere) => (isThere ? resolve({}) : reject(new UnavailableError('NOT_KEPT', 'the home is away'))));
    });
  });
  const answer = async (isThere: boolean): Promise<void> => {
    answers.shift()?.(isThere);
    await clock.settle();
  };
  return { clock, lost, gaps, answer };
}

const gapAfter = (sequence: number): string => `["naru:gap",{"after":"${encodeOffset(sequence)}","before":null}]`;

describe('LostEvents', () => {
  it('tells of nothing where nothing was lost', () => {
    const { lost, gaps } = build();
    lost.tell();
    expect(gaps).toEqual([]);
  });

  it('tells once of all events that are lost before the gap record is stored', async () => {
    const { clock, lost, gaps, answer } = build();
    for (const sequence of [3, 3, 4]) {
      lost.note(encodeOffset(sequence));
      lost.tell();
    }
    await clock.advance(2_000);
    await answer(true);
    lost.tell();
    expect(gaps).toEqual([gapAfter(3)]);
  });

  it('tries again each second until the gap record is stored, or until it is closed', async () => {
    const { clock, lost, gaps, answer } = build();
    lost.tell();
    expect([gaps, clock.timerCount]).toEqual([[], 0]);
    lost.note(encodeOffset(3));
    await clock.advance(2_000);
    lost.tell();
    lost.tell();
    await clock.advance(5_000);
    expect(gaps).toHaveLength(1);
    await answer(false);
    await clock.advance(1_000);
    expect(gaps).toEqual([gapAfter(3), gapAfter(3)]);
    await answer(true);
    await clock.advance(1_000);
    expect([gaps.length, clock.timerCount]).toEqual([2, 0]);
    lost.note(encodeOffset(4));
    lost.tell();
    lost.close();
    expect(clock.timerCount).toBe(0);
  });

  it('tells again of events that were lost a moment before the answer', async () => {
    const { lost, gaps, answer } = build();
    lost.note(encodeOffset(3));
    lost.tell();
    lost.note(encodeOffset(4));
    await answer(true);
    lost.tell();
    expect(gaps).toEqual([gapAfter(3), gapAfter(4)]);
  });

  it('tells again when the gap record could not be stored', async () => {
    const { lost, gaps, answer } = build();
    lost.note(encodeOffset(3));
    lost.tell();
    await answer(false);
    lost.tell();
    expect(gaps).toEqual([gapAfter(3), gapAfter(3)]);
  });

  it('plans no more tries once they are closed', async () => {
    const { clock, lost, gaps, answer } = build();
    lost.close();
    lost.note(encodeOffset(3));
    lost.tell();
    await answer(false);
    expect([gaps, clock.timerCount]).toEqual([[gapAfter(3)], 0]);
  });
});
