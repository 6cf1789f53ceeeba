import { expect, it } from 'vitest';
import { check } from './checker.mjs';

type Course = ReturnType<typeof course>;

const TIME = 1_000_000;
const LOST_AT = TIME + 55;

/**
 * A room whose home has lost the records at places 3 and 4. The second of them was appended again, at place 5. The
 * first two clients had both, and the third one none.
 */
function course() {
  const entry = (tag: number, place: number, isForgotten = false) => {
    return { tag, n: tag, room: 'a', at: TIME + place * 10, isForgotten, ...(tag === 0 && { attempt: 'e' }) };
  };
  const tags = [0, 1, 2, 3, 4, 4, 5, 6];
  const log = tags.map((tag, place) => entry(tag, place, place === 3 || place === 4));
  const gap = { at: 5, time: TIME + 60, gap: {} };
  const client = (index: number, wire: string, seen: number[], gaps: (typeof gap)[]) => ({
    ...{ index, wire, seen, gaps, rooms: ['a'], sure: [] as number[], maybe: [] as number[] },
    connects: [{ at: 0, inAt: 0, goesOn: false, time: TIME }],
    enters: [{ room: 'a', attempt: 'e', session: 0, isSure: true, at: 0, time: TIME }],
  });
  const records = [
    client(0, 'stock websocket', [0, 1, 2, 3, 4, 5, 6], [gap]),
    client(1, 'events', [0, 1, 2, 3, 4, 4, 5, 6], [gap]),
    client(2, 'our tcp', [0, 1, 2, 4, 5, 6], []),
    client(3, 'stomp', [0, 1, 2, 3, 4, 5, 6], [gap]),
  ];
  return { log, records, said: [0, 1, 2, 3, 4, 5, 6], forgottenAt: LOST_AT as number | undefined };
}

function faultsOf(change: (course: Course) => void): string[] {
  const it = course();
  change(it);
  return check(it);
}

it('finds nothing if all clients that were ahead of the log were told', () => {
  expect(faultsOf(() => undefined)).toEqual([]);
});

it.each([0, 1, 3])('finds that client %i was ahead of the log and was not told', (index) => {
  const faults = faultsOf(({ records }) => records[index]?.gaps.pop());
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(`client ${index}, `);
  expect(faults[0]).toContain('was ahead of the log, and was not told');
});

it.each([0, 1, 3])('finds that client %i was told before it got what was lost', (index) => {
  const faults = faultsOf(({ records }) => {
    const [gap] = records[index]?.gaps ?? [];
    if (gap) gap.at = 3;
  });
  expect(faults.join()).toContain('was ahead of the log, and was not told');
});

it('expects of a STOMP client that connected after the loss what follows the twin of a lost record', () => {
  const faults = faultsOf(({ log, records, said }) => {
    // Tag 7 came between the loss and the twin of tag 4.
    log.splice(5, 0, { tag: 7, n: 7, room: 'a', at: LOST_AT + 1, isForgotten: false });
    said.splice(5, 0, 7);
    for (const [index, seen] of [
      [0, 1, 2, 3, 4, 7, 5, 6],
      [0, 1, 2, 3, 4, 7, 4, 5, 6],
      [0, 1, 2, 7, 4, 5, 6],
    ].entries())
      records[index]?.seen.splice(0, Number.POSITIVE_INFINITY, ...seen);
    records[3]?.connects.push({ at: 4, inAt: 4, goesOn: false, time: LOST_AT + 2 });
  });
  expect(faults).toEqual([]);
});

it('expects nothing of a STOMP client that has connected again', () => {
  const faults = faultsOf(({ records }) => {
    records[3]?.gaps.pop();
    records[3]?.connects.push({ at: 6, inAt: 6, goesOn: false, time: TIME + 60 });
  });
  expect(faults).toEqual([]);
});

it.each([0, 1, 2, 3])('finds what client %i did not get, although the log has it', (index) => {
  const faults = faultsOf(({ records }) => records[index]?.seen.splice(-2, 1));
  expect(faults.join()).toContain('did not get it (place 6');
});

it('finds a record that was appended again, and that a client has never got', () => {
  expect(faultsOf(({ records }) => records[2]?.seen.splice(3, 1)).join()).toContain('did not get it (place 5');
});

it('finds a lost record that a client got after newer ones', () => {
  expect(faultsOf(({ records }) => records[0]?.seen.push(3)).join()).toContain('got it twice (place 3');
  expect(faultsOf(({ records }) => records[2]?.seen.push(3)).join()).toContain('got it after the message at 7');
});

it('finds a confirmed message that is in neither log', () => {
  expect(faultsOf(({ said }) => said.push(7))).toEqual(['a server: number 7 was confirmed, and is not in the log']);
});

it('finds a gap that was told before anything was lost', () => {
  const faults = faultsOf((it) => {
    it.forgottenAt = undefined;
  });
  expect(faults.filter((fault) => fault.includes('was told of a gap'))).toHaveLength(3);
});
