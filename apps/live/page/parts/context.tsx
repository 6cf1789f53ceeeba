/** Provides every part of the page with the state and the actions. */

import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Airing } from '../connection/airing.js';
import type { Session } from '../connection/session.js';
import type { State } from '../state/state.js';
import { nameOf, type Words } from '../words/language.js';

/** Everything that a part of the page works with. */
export interface Live {
  readonly state: State;
  readonly words: Words;
  readonly session: Session;
  readonly airing: Airing;
}

/** Carries it down the tree. */
export const LiveContext = createContext<Live | undefined>(undefined);

/** The page that a part belongs to. */
export function useLive(): Live & { name(card: Card): string } {
  const live = useContext(LiveContext);
  if (!live) throw new TypeError('useLive() needs a LiveContext.Provider above it.');
  return { ...live, name: (card) => nameOf(card, live.state.settings.language) };
}
