/** Provides every part of a page with the state, the words and the actions. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { nameOf } from '../shared/naming.js';
import type { Card } from '../shared/protocol.js';
import type { PageState, Settings } from './state.js';
import type { PageWords, ReportWords } from './words/en.js';

/** The page that the shared parts work with. The page of an application has more. */
export interface Page {
  readonly state: PageState;
  readonly words: PageWords;
  readonly actions: {
    /** Chooses a language or a theme. */
    choose(chosen: Partial<Settings>): void;
    /** Opens a dialog, or closes the one that is open. */
    dialog(dialog: { readonly type: 'you' | 'keys' } | undefined): void;
  };
}

/** A page on which people can be hidden and reported. */
export interface ReportPage extends Page {
  readonly words: ReportWords;
}

/** Carries the page down the tree. */
export const PageContext = createContext<Page | undefined>(undefined);

/** The page that a part belongs to. An application has one page, so a part of it may name its type. */
export function usePage<P extends Page = Page>(): P & { name(card: Pick<Card, 'name'>): string } {
  const page = useContext(PageContext);
  if (!page) throw new TypeError('usePage() needs a PageContext.Provider above it.');
  return { ...(page as P), name: (card) => nameOf(card, page.state.settings.language) };
}
