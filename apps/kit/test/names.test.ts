import { describe, expect, it } from 'vitest';
import { Names } from '../server/names.js';
import { ADJECTIVES, HUES, NOUNS } from '../shared/words.js';

const names = new Names('app');
const ticket = (number: number) => number.toString(16).padStart(32, '0');

describe('a name', () => {
  it('is the same for the same ticket on every server, without storage', () => {
    expect(names.card(names.stub(ticket(1)).seed)).toEqual(names.card(names.stub(ticket(1)).seed));
  });

  it('changes with the turn while the alias stays', () => {
    const { seed } = names.stub(ticket(1));
    expect(names.card(seed, 1).id).toBe(names.card(seed, 0).id);
    expect(names.card(seed, 1).name).not.toEqual(names.card(seed, 0).name);
  });

  it('consists of known words and a known colour', () => {
    for (let index = 0; index < 500; index++) {
      const { id, name, hue } = names.card(names.stub(ticket(index)).seed);
      expect(id).toMatch(/^[\w-]{14}$/);
      expect(ADJECTIVES[name[0]]).toBeDefined();
      expect(NOUNS[name[1]]).toBeDefined();
      expect(name[2]).toBeGreaterThanOrEqual(10);
      expect(name[2]).toBeLessThanOrEqual(99);
      expect(hue).toBeLessThan(HUES);
    }
  });

  it('is another one in another application, under another alias', () => {
    const other = new Names('other');
    const card = other.card(other.stub(ticket(1)).seed);
    expect(card.id).not.toBe(names.card(names.stub(ticket(1)).seed).id);
  });

  it('has neither the ticket nor the key in the card', () => {
    const stub = names.stub(ticket(7));
    const shown = JSON.stringify(names.card(stub.seed));
    expect(shown).not.toContain(ticket(7));
    expect(shown).not.toContain(stub.key.slice(0, 8));
    expect(stub.key).not.toContain(ticket(7));
  });
});
