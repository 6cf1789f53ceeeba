import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../packages/naru/src/backplane/backplane.js';
import { type Ask, Entries, type Page } from './soak/entries.js';
import { fingerprint, Truth } from './soak/truth.js';

const NAMESPACE = '/';

/** A log, and the entries of the client `c`, whose socket `s` is in `home`. */
function build(oldest = 1) {
  const truth = new Truth();
  const log = truth.of(NAMESPACE);
  const entries = new Entries(truth, {
    name: 'c',
    namespace: NAMESPACE,
    rooms: ['home'],
    wasUnsure: () => false,
    isLiving: () => true,
    oldest: () => oldest,
  });
  /** Appends an event, which the server 1 emits. */
  const append = (rooms: readonly string[], except: readonly string[] = []): number => {
    const id = truth.nextId();
    truth.emit({ id, namespace: NAMESPACE, rooms, except, print: fingerprint([]), node: 1 });
    const record = { rooms: [...rooms], except: [...except], event: JSON.stringify(['n', id]), attachments: [], at: 0 };
    truth.append(NAMESPACE, [record], [encodeOffset(log.end + 1)], 1);
    return log.end;
  };
  /** The client asks to enter `den`, and its server learns of it at once. */
  const ask = (seen = 0, limit = 50): Ask => {
    const said = entries.onAsk('den');
    const place = { node: 1, namespace: NAMESPACE, handedOut: 0, given: 0, at: 0 };
    truth.ask('s', 'den', place);
    return { room: 'den', limit, at: 0, socketId: 's', seen, said };
  };
  const pageOf = (places: readonly number[], more: Partial<Page> = {}): Page => {
    const events = places.map((place) => ({
      offset: encodeOffset(place),
      event: 'n',
      args: [log.at(place)?.sent?.id],
    }));
    return { events, hasMore: false, hasGap: false, ...more };
  };
  const hear = (place: number, isMissed = false): void => {
    const record = log.at(place);
    if (record) entries.onEvent(record, 's', isMissed);
  };
  const must = (place: number): boolean => {
    const record = log.at(place);
    return record !== undefined && entries.mustGet(record);
  };
  return { truth, log, entries, append, ask, pageOf, hear, must };
}

describe('the entries of a client in the soak', () => {
  it('are right with a page, and then everything that is newer', () => {
    const { entries, append, ask, pageOf, hear, must } = build();
    append(['den']);
    append(['home']);
    append(['den'], ['s']);
    const asked = ask();
    append(['den']);
    hear(2);
    entries.onPage(asked, pageOf([1, 3, 4]), 2, 0);
    append(['den']);
    hear(5);
    expect([1, 2, 3, 4, 5].map(must)).toEqual([false, false, false, false, true]);
    expect(entries.isIn('den')).toBe(true);
  });

  it('are wrong with a newer event before the page', () => {
    const { entries, append, ask, pageOf, hear } = build();
    append(['den']);
    const asked = ask();
    hear(append(['den']));
    expect(() => entries.onPage(asked, pageOf([1]), 2, 0)).toThrow(
      'got e2 (2) before its page of den, which ends at 1',
    );
  });

  it('are wrong with an empty page of a room that had an event a moment ago', () => {
    const { entries, append, ask, pageOf, hear } = build();
    const asked = ask();
    hear(append(['den']));
    const page = pageOf([], { hasMore: true });
    expect(() => entries.onPage(asked, page, 1, 0)).toThrow('got an empty page of den without e1 (1)');
    entries.onPage({ ...asked, at: 60_000 }, page, 1, 0);
  });

  it('are wrong with an event that the page had', () => {
    const { entries, append, ask, pageOf, hear } = build();
    append(['den']);
    entries.onPage(ask(), pageOf([1]), 0, 0);
    expect(() => hear(1)).toThrow('got e1 (1) after its page');
    expect(() => hear(1, true)).toThrow('got e1 (1) again after a reconnect');
  });

  it('are right with an event of the page that came for another room of the client', () => {
    const { entries, append, ask, pageOf, hear } = build();
    append(['den', 'home']);
    entries.onPage(ask(), pageOf([1]), 0, 0);
    expect(() => hear(1)).not.toThrow();
  });

  it('are wrong with a page that lacks an event between two others, or the oldest one', () => {
    const { entries, append, ask, pageOf } = build();
    for (let each = 0; each < 3; each += 1) append(['den']);
    expect(() => entries.onPage(ask(), pageOf([1, 3]), 0, 0)).toThrow('from 1 to 3 without e2 (2)');
    expect(() => entries.onPage(ask(), pageOf([2, 3]), 0, 0)).toThrow('a whole page of den from 2 without e1 (1)');
    expect(() => entries.onPage(ask(), pageOf([2, 3], { hasMore: true }), 0, 0)).not.toThrow();
    expect(() => entries.onPage(ask(0, 2), pageOf([1, 2, 3]), 0, 0)).toThrow('3 events, and asked for 2');
  });

  it('are wrong with a page that lacks what is older than the call', () => {
    const { truth, entries, append, ask, pageOf } = build();
    append(['den']);
    append(['den']);
    const id = truth.nextId();
    truth.emit({ id, namespace: NAMESPACE, rooms: ['den'], except: ['s'], print: fingerprint([]), node: 1 });
    const record = { rooms: ['den'], except: ['s'], event: JSON.stringify(['n', id]), attachments: [], at: 0 };
    const asked = ask();
    truth.append(NAMESPACE, [record], [encodeOffset(3)], 1);
    expect(() => entries.onPage(asked, pageOf([1]), 0, 0)).toThrow('without e2 (2), which was in the log before');
    expect(() => entries.onPage(asked, pageOf([1, 2]), 0, 0)).not.toThrow();
    expect(() => entries.onPage({ ...asked, seen: 2 }, pageOf([1]), 0, 0)).toThrow('older than what it had seen');
    entries.onWord(id);
    expect(() => entries.onPage(asked, pageOf([1, 2]), 0, 0)).not.toThrow();
    expect(() => entries.onPage(ask(), pageOf([1, 2]), 0, 0)).toThrow('without e3 (3), which it had said');
  });

  it('are wrong with an event between the page and what the client has', () => {
    const { entries, append, ask, pageOf, hear } = build();
    append(['den']);
    const asked = ask();
    append(['den']);
    hear(append(['home']));
    expect(() => entries.onPage(asked, pageOf([1]), 3, 0)).toThrow('has events up to 3, and e2 (2) is nowhere');
    expect(() => entries.onPage(asked, pageOf([1]), 3, 2)).not.toThrow();
  });

  it('are wrong with an empty page of a room with events, unless the log has lost them', () => {
    for (const oldest of [1, 2]) {
      const { entries, append, ask, pageOf } = build(oldest);
      append(['den']);
      const enter = (): void => entries.onPage(ask(), pageOf([], { hasGap: oldest > 1 }), 0, 0);
      if (oldest > 1) expect(enter).not.toThrow();
      else expect(enter).toThrow('without e1 (1)');
    }
  });

  it('are wrong with an older page that does not end where the newer one begins', () => {
    const { entries, append, ask, pageOf } = build();
    for (let each = 0; each < 4; each += 1) append(['den']);
    entries.onPage(ask(), pageOf([4], { hasMore: true }), 0, 0);
    const before = encodeOffset(4);
    expect(() => entries.onOlder('den', 2, before, pageOf([2, 3], { hasMore: true }))).not.toThrow();
    expect(() => entries.onOlder('den', 2, before, pageOf([1, 2]))).toThrow('up to 2 without e3 (3)');
    expect(() => entries.onOlder('den', 2, before, pageOf([3, 4], { hasMore: true }))).toThrow('up to 4');
  });

  it('end with the session, and when the client leaves', () => {
    const { entries, append, ask, pageOf, must } = build();
    append(['den']);
    entries.onPage(ask(), pageOf([1]), 0, 0);
    append(['den']);
    append(['den']);
    entries.onLeave('den', 2);
    expect([must(2), must(3), entries.isIn('den')]).toEqual([true, false, false]);
    entries.reset();
    expect(must(2)).toBe(false);
  });
});
