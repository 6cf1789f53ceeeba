/** The page as its parts see it. */
import { type Page, usePage } from 'naru-apps-kit/page/context.js';
import type { Session } from '../connection/session.js';
import type { Speaker } from '../sound.js';
import type { State } from '../state/state.js';
import type { Words } from '../words/language.js';

/** The page. The session has the actions that every page has. */
export interface Arena extends Page {
  readonly state: State;
  readonly words: Words;
  readonly session: Session;
  readonly speaker: Speaker;
}

/** The page that a part belongs to. */
export const useArena = usePage<Arena>;
