/** The part of the state that every page has, as plain data. */
import type { Card } from '../shared/protocol.js';
import type { Language } from '../shared/words.js';

/** The choices of a person, which stay in the browser. */
export interface Settings {
  readonly language: Language;
  readonly theme: 'auto' | 'light' | 'dark';
}

/** A notice for the screen reader and, when it is urgent, for the screen. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isUrgent: boolean;
  readonly href?: string;
}

/** The state that every page has. */
export interface PageState {
  readonly settings: Settings;
  readonly link: string;
  readonly you?: Card | undefined;
  readonly view: { readonly type: string };
  readonly notice?: Notice | undefined;
}
