import { describe, expect, it } from 'vitest';
import { PlaceLog } from '../server/place-log.js';
import { LIMITS } from '../shared/limits.js';
import type { Picture } from '../shared/wire.js';
import { aRider } from './riders.js';

const { card } = aRider();
const picture = (id: string): Picture => ({ id, type: 'image/png', size: 20, width: 1, height: 1, alt: '' });

function filled(count: number, at = 0): PlaceLog {
  const log = new PlaceLog('era', 0);
  for (let index = 1; index <= count; index++) log.add(card, { key: `k${index}`, text: `t${index}` }, at);
  return log;
}

describe('the log of a place', () => {
  it('keeps the newest messages and no more', () => {
    const log = filled(LIMITS.messagesKept + 25);
    const { messages } = log.after(0, '');
    expect(messages).toHaveLength(LIMITS.messagesKept);
    expect(messages[0]?.seq).toBe(26);
    expect(log.lastSeq).toBe(LIMITS.messagesKept + 25);
  });

  it('gives what is behind a position, without a gap', () => {
    const { messages, hasGap } = filled(10).after(7, 'era');
    expect(messages.map((message) => message.seq)).toEqual([8, 9, 10]);
    expect(hasGap).toBe(false);
  });

  it('says so when messages behind a position are gone', () => {
    expect(filled(LIMITS.messagesKept + 50).after(10, 'era').hasGap).toBe(true);
  });

  it('gives everything, and names the gap, for a position of an earlier run', () => {
    const { messages, hasGap } = filled(3).after(2, 'another era');
    expect(messages).toHaveLength(3);
    expect(hasGap).toBe(true);
  });

  it('does not call it a gap when everything old has expired unread by nobody', () => {
    const log = filled(5);
    log.sweep(LIMITS.messageAgeMs + 1);
    expect(log.after(5, 'era')).toEqual({ messages: [], hasGap: false });
    expect(log.after(3, 'era').hasGap).toBe(true);
  });

  it('forgets messages at their age, with their pictures', () => {
    const log = filled(2);
    log.add(card, { key: 'p', text: '', picture: picture('old') }, 0);
    log.add(card, { key: 'q', text: '', picture: picture('new') }, 10);
    expect(log.sweep(LIMITS.messageAgeMs)).toEqual(['old']);
    expect(log.after(0, '').messages.map((message) => message.key)).toEqual(['q']);
  });

  it('finds what a person said under a key, and only that person', () => {
    const log = filled(3);
    expect(log.find(card.id, 'k2')?.seq).toBe(2);
    expect(log.find('somebody', 'k2')).toBeUndefined();
  });

  it('counts how often a person lately said the same here', () => {
    const log = new PlaceLog('era', 0);
    for (const [key, at] of [
      ['a', 0],
      ['b', 1_000],
      ['c', LIMITS.repeatWindowMs],
    ] as const) {
      log.add(card, { key, text: 'buy this' }, at);
    }
    expect(log.repeats(card.id, 'buy this', LIMITS.repeatWindowMs)).toBe(2);
    expect(log.repeats('somebody', 'buy this', 0)).toBe(0);
  });

  it('turns a crowd down that talks faster than anybody can read', () => {
    const log = new PlaceLog('era', 0);
    const taken = Array.from({ length: 200 }, () => log.hasRoom(0)).filter(Boolean);
    expect(taken).toHaveLength(LIMITS.placeMessagesPerSecond * 5);
    expect(log.hasRoom(1_000)).toBe(true);
  });
});
