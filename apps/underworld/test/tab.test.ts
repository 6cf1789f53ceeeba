import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { remember, remembered } from '../page/connection/tab.js';
import { own } from '../page/state/places.js';
import { BO, pageIn } from './fake-page.js';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const BLANK = { you: undefined, map: [], ride: undefined, stations: [], unsent: {}, muted: {}, drafts: {} };

describe('the memory of a tab', () => {
  it('comes back unchanged', () => {
    const store = pageIn('central', 'library');
    store.take(own('library', 'k1', { text: 'not sent', once: 'secret', to: { from: BO.id, key: 'k' } }));
    const picture = { url: 'blob:x', alt: 'a heron', width: 4, height: 3, sent: 0.5, upload: 'u', isShelved: true };
    store.take(own('library', 'k2', { picture }));
    const ride = { type: 'riding', id: 'r', partner: BO, isPartnerLost: true, since: 5 } as const;
    store.set({ muted: { [BO.id]: BO }, drafts: { central: 'half a' }, ride });
    remember(store.state);
    expect(remembered()).toEqual({
      you: store.state.you,
      map: store.state.stations,
      // Whether the companion is still there is not known after a reload.
      ride: { ...ride, isPartnerLost: false },
      stations: ['central', 'library'],
      unsent: {
        library: [
          { key: 'k1', text: 'not sent', once: 'secret', to: { from: BO.id, key: 'k' } },
          { key: 'k2', text: '', once: '', picture: { ...picture, url: '' } },
        ],
      },
      muted: { [BO.id]: BO },
      drafts: { central: 'half a' },
    });
  });

  it.each([
    '{broken',
    'null',
    '5',
    '"text"',
    '[1]',
    '{"stations":5,"unsent":3,"muted":null,"drafts":[]}',
    '{"you":{"id":"x"},"map":[{"id":"central"},7],"ride":{"type":"riding","id":"r","partner":{}}}',
    '{"stations":[1,null,{}],"unsent":{"a":3,"b":[{"key":5},null]},"muted":{"x":null,"y":{"id":1}},"drafts":{"a":5}}',
    '{"unsent":{"a":[{"key":"k","text":"","once":"","picture":{"width":"9"}}]},"muted":{"x":{"id":"x","name":[1,2]}}}',
  ])('is nothing where nothing of it can be understood: %s', (text) => {
    kept.set('underworld.state', text);
    expect(remembered()).toEqual(BLANK);
  });

  it('keeps the valid parts of a state that another version of the page stored', () => {
    const unsent = { central: [{ key: 'k', text: 'words', once: 'o', extra: 1 }, { key: 'no text' }], other: [{}] };
    kept.set(
      'underworld.state',
      JSON.stringify({ stations: ['central', 7], unsent, drafts: { a: 'b', c: {} }, more: 1 }),
    );
    expect(remembered()).toEqual({
      ...BLANK,
      stations: ['central'],
      unsent: { central: [{ key: 'k', text: 'words', once: 'o', extra: 1 }] },
      drafts: { a: 'b' },
    });
  });
});
