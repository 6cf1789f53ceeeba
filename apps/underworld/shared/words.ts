/** The permanent stations. Both ends have their names. */
import type { Phrase } from 'naru-apps-kit/shared/words.js';

/** A station that is always open. */
export interface Landmark {
  readonly id: string;
  readonly hue: number;
  readonly name: Phrase;
  readonly about: Phrase;
}

/** The stations that are always open, in the order of the line. */
export const LANDMARKS: readonly Landmark[] = [
  {
    id: 'central',
    hue: 0,
    name: { ko: '중앙', en: 'Central' },
    about: { ko: '누구나, 무슨 이야기든', en: 'Anyone, about anything' },
  },
  {
    id: 'night-market',
    hue: 2,
    name: { ko: '야시장', en: 'Night Market' },
    about: { ko: '먹는 이야기, 사는 이야기', en: 'Food and everyday life' },
  },
  {
    id: 'riverside',
    hue: 8,
    name: { ko: '강변', en: 'Riverside' },
    about: { ko: '느리게 흐르는 이야기', en: 'Slow talk by the water' },
  },
  {
    id: 'library',
    hue: 10,
    name: { ko: '도서관', en: 'Library' },
    about: { ko: '책, 글, 조용한 생각', en: 'Books and quiet thoughts' },
  },
  {
    id: 'workshop',
    hue: 1,
    name: { ko: '공작소', en: 'Workshop' },
    about: { ko: '만들고, 고치고, 코딩하는 사람들', en: 'Building, mending, coding' },
  },
  {
    id: 'music-hall',
    hue: 4,
    name: { ko: '음악당', en: 'Music Hall' },
    about: { ko: '지금 듣는 노래', en: 'What you are listening to' },
  },
  {
    id: 'last-stop',
    hue: 6,
    name: { ko: '종점', en: 'Last Stop' },
    about: { ko: '잠이 오지 않는 밤', en: 'For nights without sleep' },
  },
];
