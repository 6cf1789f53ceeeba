import { describe, expect, it } from 'vitest';
import { PlaceLog } from '../server/places/place-log.js';
import { LIMITS } from '../shared/limits.js';
import type { Picture } from '../shared/protocol.js';
import { aRider } from './riders.js';

const { card } = aRider();
const picture = (id: string): Picture => ({ id, type: 'image/png', size: 20, width: 1, height: 1, alt: '' });

function filled(count: number, at = 0): PlaceLog {
  const log = new PlaceLog(0);
  for (let index = 1; index <= count; index++) log.add(card, { key: `k${index}`, text: `t${index}` }, at);
  return log;
}

describe('the log of a place', () => {
  it('keeps only the newest messages', () => {
    const log = filled(LIMITS.messagesKept + 25);
    const { messages } = log;
    expect(messages).toHaveLength(LIMITS.messagesKept);
    expect(messages[0]?.key).toBe('k26');
    expect(log.lastSeq).toBe(messages.at(-1)?.seq);
  });

  it('numbers messages by time, and rises even when the clock stops or is set back', () => {
    const log = new PlaceLog(0);
    const seqs = [5_000, 5_000, 4_000, 6_000].map(
      (at, index) => log.add(card, { key: `k${index}`, text: '' }, at).message.seq,
    );
    expect(seqs).toEqual([5_000, 5_001, 5_002, 6_000]);
  });

  it('takes over earlier messages, each once and in order, and continues after them', () => {
    const before = filled(3, 1_000).messages;
    const log = new PlaceLog(0);
    log.add(card, { key: 'own', text: 'own' }, 1_001);
    for (let times = 0; times < 2; times++) log.recall({ messages: before, reactions: [] });
    expect(log.messages.map(({ key }) => key)).toEqual(['k1', 'k2', 'own', 'k3']);
    expect(log.add(card, { key: 'next', text: '' }, 0).message.seq).toBe(1_003);
  });

  it('forgets messages at their age, with their pictures', () => {
    const log = filled(2);
    log.add(card, { key: 'p', text: '', picture: picture('old') }, 0);
    log.add(card, { key: 'q', text: '', picture: picture('new') }, 10);
    expect(log.sweep(LIMITS.messageAgeMs)).toEqual(['old']);
    expect(log.messages.map((message) => message.key)).toEqual(['q']);
  });

  it('finds a message by its sender and key', () => {
    const log = filled(3);
    expect(log.find(card.id, 'k2')?.seq).toBe(2);
    expect(log.find('somebody', 'k2')).toBeUndefined();
  });

  it('counts how often a person recently repeated the same words', () => {
    const log = new PlaceLog(0);
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

  it('refuses a crowd that talks faster than anybody can read', () => {
    const log = new PlaceLog(0);
    const taken = Array.from({ length: 200 }, () => log.hasRoom(0)).filter(Boolean);
    expect(taken).toHaveLength(LIMITS.placeMessagesPerSecond * 5);
    expect(log.hasRoom(1_000)).toBe(true);
  });
});
