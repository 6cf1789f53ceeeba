/** The words of every page in English, and the shape of the words that its parts need. */
import type { ReportReason } from '../../shared/protocol.js';
import { timeOf } from './time.js';

/** The phrases that all pages have in common. */
export const en = {
  close: 'Close',
  settings: 'Name and settings',
  language: 'Language',
  theme: 'Appearance',
  themeAuto: 'System',
  themeLight: 'Day',
  themeDark: 'Night',
  kept: 'Privacy',
  copy: 'Copy',
  backNote: 'The signal is back.',
  unnamed: 'Boarding…',
  write: 'Write a message',
  send: 'Send',
  time: (at: number) => timeOf(at, 'en'),
  youTitle: 'Name and settings',
  keptHead: ['What', 'Where', 'How long'] as readonly [string, string, string],
  keptNot:
    'There are no cookies, accounts or analytics. Nothing else is recorded, and nothing is loaded from other servers.',
};

/** The shape of the phrases that all pages have in common. */
export type SharedWords = typeof en;

/** The phrases that the parts of every page need. Each page says some of them in its own way. */
export interface PageWords extends SharedWords {
  readonly title: string;
  readonly skip: string;
  readonly back: string;
  readonly mapTitle: string;
  yourName(name: string): string;

  readonly youNote: string;
  readonly keys: string;
  readonly keysTitle: string;
  readonly keysList: readonly (readonly [keys: string, does: string])[];

  readonly keptTitle: string;
  readonly keptIntro: string;
  readonly keptRows: readonly (readonly [what: string, where: string, long: string])[];
  readonly keptOthers: string;
}

/** The phrases of a page on which people can be hidden and reported. */
export interface ReportWords extends PageWords {
  readonly mute: string;
  readonly unmute: string;
  readonly muteNote: string;
  readonly mutedPeople: string;
  readonly reportTitle: string;
  readonly reportNote: string;
  readonly reportDo: string;
  readonly reasons: Readonly<Record<ReportReason, string>>;
}
