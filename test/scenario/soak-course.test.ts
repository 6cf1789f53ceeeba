import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../packages/naru/src/backplane/backplane.js';
import { Course } from './soak/course.js';
import { fingerprint, Truth } from './soak/truth.js';

const NAMESPACE = '/';

/** A log of one namespace, and the course of a client `c` whose socket is in `home`. */
function build(
  isLog = false,
  late: ReadonlySet<string> = new Set(),
): {
  append: (rooms: string[], payload: unknown[], node?: number, again?: string) => string;
  forget: (...sequences: number[]) => void;
  course: Course;
} {
  const truth = new Truth();
  const append = (rooms: string[], payload: unknown[], node = 0, again?: string): string => {
    const id = again ?? truth.nextId();
    if (again === undefined)
      truth.emit({ id, namespace: NAMESPACE, rooms, except: [], print: fingerprint(payload), node });
    const event = JSON.stringify(['n', id, ...payload]);
    const offset = encodeOffset(truth.of(NAMESPACE).end + 1);
    truth.append(NAMESPACE, [{ rooms, except: [], event, attachments: [], at: 1_000 }], [offset], node);
    return id;
  };
  const course = new Course(truth, {
    name: 'c',
    namespace: NAMESPACE,
    rooms: ['home'],
    isLog,
    isTopic: false,
    now: () => 1_000,
    node: () => 0,
    isLate: () => false,
    leftLate: (socketId) => late.has(socketId),
    isLiving: () => true,
    wasUnsure: () => false,
    wasSlow: () => false,
    wasRefused: () => false,
    wasPutOut: () => false,
    oldest: () => 1_000,
  });
  const forget = (...sequences: number[]): void => truth.forget(NAMESPACE, sequences.map(encodeOffset));
  return { append, forget, course };
}

/** The report that events after `after` and before `before` are lost. */
const gap = (after: number, before: number | null) => ({
  after: encodeOffset(after),
  before: before === null ? null : encodeOffset(before),
});

describe('the course of a client in the soak', () => {
  it('misses the greeting of a session that never comes', () => {
    const { append, course } = build();
    course.onConnect('s', false);
    append(['s'], ['s']);
    expect(() => course.expectAll()).toThrow('was not greeted');
  });

  it('takes a second greeting for a failure', () => {
    const { append, course } = build();
    course.onConnect('s', false);
    course.onHello([append(['s'], ['s']), 's'], 's');
    const again = append(['s'], ['s']);
    expect(() => course.onHello([again, 's'], 's')).toThrow('was greeted twice');
  });

  it('forgives a missing greeting that the log dropped before the client came back for it, if reported', () => {
    const { append, course } = build();
    append(['home'], ['older than the session']);
    course.onConnect('s', false);
    append(['s'], ['s']);
    append(['home'], ['lost']);
    const third = append(['home'], ['kept']);
    course.onConnect('s', true);
    course.onGap(gap(1, 4));
    course.onEvent([third, 'kept']);
    expect(() => course.expectAll()).not.toThrow();
  });

  it('does not forgive a missing greeting that follows the reported gap', () => {
    const { append, course } = build();
    append(['home'], ['older than the session']);
    course.onConnect('s', false);
    append(['home'], ['lost']);
    append(['s'], ['s']);
    const last = append(['home'], ['kept']);
    course.onConnect('s', true);
    course.onGap(gap(1, 3));
    expect(() => course.onEvent([last, 'kept'])).toThrow('lost e3');
  });

  it('does not forgive a new session for a gap of the previous one', () => {
    const { append, course } = build();
    course.onConnect('r', false);
    course.onHello([append(['r'], ['r']), 'r'], 'r');
    append(['home'], ['lost']);
    course.onConnect('s', false);
    course.onGap(gap(1, null));
    append(['s'], ['s']);
    expect(() => course.expectAll()).toThrow('was not greeted');
  });

  it('expects a greeting at each connection of a client that follows the log itself', () => {
    const { append, course } = build(true);
    course.onConnect('r', false);
    course.onHello([append(['r'], ['r']), 'r'], 'r');
    course.onConnect('s', false);
    course.onHello([append(['s'], ['s']), 's'], 's');
    expect(() => course.expectAll()).not.toThrow();
  });

  it('places each copy of an event that the home lost and got again by the offset of the copy', () => {
    const { append, forget, course } = build();
    course.onConnect('s', false);
    course.onHello([append(['s'], ['s']), 's'], 's');
    const early = append(['home'], ['lost']);
    forget(2);
    const between = append(['home'], ['kept'], 1);
    append(['home'], ['lost'], 0, early);
    expect(() => course.onEvent([early, 'lost'], encodeOffset(4))).toThrow('lost e3 (3');
    course.onEvent([early, 'lost'], encodeOffset(2));
    course.onEvent([between, 'kept'], encodeOffset(3));
    course.onEvent([early, 'lost'], encodeOffset(4));
    expect(() => course.expectAll()).not.toThrow();
  });

  it('expects the last event before its server puts it out, unless it read late', () => {
    for (const late of [new Set<string>(), new Set(['s'])]) {
      const { append, course } = build(false, late);
      course.onConnect('s', false);
      course.onHello([append(['s'], ['s']), 's'], 's');
      const last = append(['s'], ['bye']);
      const end = (): void => course.onEnd(last, 1_000);
      if (late.size === 0) expect(end).toThrow(`was put out without its last event ${last}`);
      else expect(end).not.toThrow();
    }
  });
});
