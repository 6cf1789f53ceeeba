/** Provides every part of the page with the state and the actions. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Card } from '../../shared/protocol.js';
import type { Actions } from '../connection/actions.js';
import type { Session } from '../connection/session.js';
import type { State } from '../state/state.js';
import { nameOf, type Words } from '../words/language.js';

/** Everything that a part of the page works with. */
export interface Chat {
  readonly state: State;
  readonly words: Words;
  readonly session: Session;
  readonly actions: Actions;
}

/** Carries the chat down the tree. */
export const ChatContext = createContext<Chat | undefined>(undefined);

/** The chat that a part belongs to. */
export function useChat(): Chat & { name(card: Card): string } {
  const chat = useContext(ChatContext);
  if (!chat) throw new TypeError('useChat() needs a ChatContext.Provider above it.');
  return { ...chat, name: (card) => nameOf(card, chat.state.settings.language) };
}
