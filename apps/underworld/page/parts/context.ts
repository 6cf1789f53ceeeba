/** The page as its parts see it. */
import { type Page, usePage } from 'naru-apps-kit/page/context.js';
import type { Actions } from '../connection/actions.js';
import type { Session } from '../connection/session.js';
import type { State } from '../state/state.js';
import type { Words } from '../words/language.js';

/** The chat. */
export interface Chat extends Page {
  readonly state: State;
  readonly words: Words;
  readonly session: Session;
  readonly actions: Actions;
  /** Whether the signal is lost: numbers of people are unknown, and requests cannot be sent. */
  readonly isOff: boolean;
}

/** The chat that a part belongs to. */
export const useChat = usePage<Chat>;
