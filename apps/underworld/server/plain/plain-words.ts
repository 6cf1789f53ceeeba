/** The phrases for people on plain wires. Scripts use the names of events and the reasons, which are never translated. */
import { LIMITS } from '../../shared/limits.js';
import type { Refusal, RideEnd } from '../../shared/protocol.js';
import type { Language } from '../../shared/words.js';

/** The phrases. */
export interface PlainWords {
  refused(why: Refusal, waitMs?: number): string;
  noStation(name: string): string;
  notIn(name: string): string;
  inAlready(name: string): string;
  unheard: string;
  over: Readonly<Record<RideEnd, string>>;
  moved: string;
  hints: readonly string[];
}

const seconds = (ms = 0): number => Math.max(1, Math.ceil(ms / 1_000));

const en: PlainWords = {
  refused(why, waitMs) {
    if (why === 'slow') return `Slow down. Wait ${seconds(waitMs)} s.`;
    if (why === 'muted') return `Several people reported you. You can write again in ${seconds(waitMs)} s.`;
    return {
      bad: `That could not be read. Text has 1 to ${LIMITS.textMax} characters, as the event "message" or "say".`,
      gone: 'That is not here any more.',
      full: `There is no room. You can be in ${LIMITS.stationsJoined} stations at once, and the line has a limit, too.`,
      name: 'That name cannot be used.',
      picture: 'Pictures are for pages.',
      large: 'That is too large.',
    }[why];
  },
  noStation: (name) => `There is no station "${name}".`,
  notIn: (name) => `You are not in "${name}": enter it first.`,
  inAlready: (name) => `You are in that station already, as "${name}".`,
  unheard: 'Nobody listens with this token: open a stream with it first, or leave the token out.',
  over: {
    you: 'You got off.',
    partner: 'Your companion got off.',
    lost: 'Your companion never came back.',
    reported: 'You reported the ride and got off.',
  },
  moved: 'This session goes on in another connection.',
  hints: [
    '/join central enters a station; a line of text is said there. /leave central, /quit.',
    '/ask who, /ask stations, /ask rename. /ask line: a ride with a stranger; then /ask next, /ask hangup.',
  ],
};

const ko: PlainWords = {
  refused(why, waitMs) {
    if (why === 'slow') return `조금 천천히요. ${seconds(waitMs)}초 기다려 주세요.`;
    if (why === 'muted') return `여러 사람이 신고했어요. ${seconds(waitMs)}초 뒤에 다시 쓸 수 있어요.`;
    return {
      bad: `읽을 수 없었어요. 글은 1자에서 ${LIMITS.textMax}자, 이벤트는 "message"나 "say"입니다.`,
      gone: '이제 여기 없습니다.',
      full: `자리가 없어요. 한 번에 ${LIMITS.stationsJoined}개 역까지 들어갈 수 있고, 노선에도 정원이 있어요.`,
      name: '쓸 수 없는 이름이에요.',
      picture: '사진은 페이지에서만 보낼 수 있어요.',
      large: '너무 커요.',
    }[why];
  },
  noStation: (name) => `"${name}" 역은 없습니다.`,
  notIn: (name) => `"${name}" 역에 먼저 들어가 주세요.`,
  inAlready: (name) => `그 역에는 이미 "${name}"(으)로 들어가 있어요.`,
  unheard: '이 토큰으로 듣는 연결이 없어요. 먼저 스트림을 열거나 토큰을 빼 주세요.',
  over: {
    you: '내렸습니다.',
    partner: '함께 타던 사람이 내렸습니다.',
    lost: '함께 타던 사람이 돌아오지 않았습니다.',
    reported: '신고하고 내렸습니다.',
  },
  moved: '이 여정은 다른 연결에서 이어집니다.',
  hints: [
    '/join 중앙: 역에 들어갑니다. 글 한 줄을 쓰면 그 역에서 말합니다. /leave 중앙, /quit.',
    '/ask who, /ask stations, /ask rename. /ask line: 낯선 사람과 타기. 그다음 /ask next, /ask hangup.',
  ],
};

/** The phrases of a language. */
export function plainWordsOf(language: Language): PlainWords {
  return language === 'ko' ? ko : en;
}
