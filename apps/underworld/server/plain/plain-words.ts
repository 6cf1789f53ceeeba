/**
 * The phrases for people on plain wires. Scripts use the names of events and the reasons, which are never translated.
 */

import { REPORT_REASONS } from 'naru-apps-kit/shared/protocol.js';
import type { Language } from 'naru-apps-kit/shared/words.js';
import { LIMITS } from '../../shared/limits.js';
import type { Refusal, RideEnd } from '../../shared/protocol.js';

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
const inSeconds = (ms = 0): string => `${seconds(ms)} ${seconds(ms) === 1 ? 'second' : 'seconds'}`;

const en: PlainWords = {
  refused(why, waitMs) {
    if (why === 'slow') return `Slow down. Try again in ${inSeconds(waitMs)}.`;
    if (why === 'muted') return `Several people reported you. You can write again in ${inSeconds(waitMs)}.`;
    return {
      bad: `This could not be read. A message has 1 to ${LIMITS.textMax} characters of text, in the event "message" or "say". A report has a name and a reason: ${REPORT_REASONS.join(', ')}.`,
      gone: 'This place or person is not here. Enter a station first, or check the name.',
      full: `There is no room. You can be in ${LIMITS.stationsJoined} stations at once: leave one of them. If you are in fewer, the line is full, so try again later.`,
      name: 'This name cannot be used. Choose another one.',
      picture: 'Pictures can be sent from the web page only.',
      large: 'This is too large. Send less at once.',
    }[why];
  },
  noStation: (name) => `There is no station "${name}".`,
  notIn: (name) => `You are not in "${name}". Enter it first.`,
  inAlready: (name) => `You are already in this station, as "${name}".`,
  unheard: 'No stream is open with this token. Open one first, or send without a token.',
  over: {
    you: 'You got off.',
    partner: 'Your companion got off.',
    lost: 'Your companion lost the signal and never came back.',
    reported: 'You reported your companion and got off.',
  },
  moved: 'A newer connection with your token has taken over.',
  hints: [
    'Type /join central to enter a station. Every line after that is sent there. /leave central leaves it, /quit disconnects.',
    'Type /ask who, /ask stations or /ask rename. /ask line finds a stranger to ride with; then /ask next or /ask hangup.',
  ],
};

const ko: PlainWords = {
  refused(why, waitMs) {
    if (why === 'slow') return `조금만 천천히요. ${seconds(waitMs)}초 뒤에 다시 시도해 주세요.`;
    if (why === 'muted') return `여러 사람이 신고했어요. ${seconds(waitMs)}초 뒤에 다시 쓸 수 있어요.`;
    return {
      bad: `읽을 수 없어요. 메시지는 1~${LIMITS.textMax}자이고, 이벤트는 "message"나 "say"예요. 신고에는 이름과 이유를 써 주세요: ${REPORT_REASONS.join(', ')}.`,
      gone: '그런 곳이나 사람이 여기 없어요. 먼저 역에 들어가거나 이름을 확인해 주세요.',
      full: `자리가 없어요. 역은 한 번에 ${LIMITS.stationsJoined}곳까지 들어갈 수 있으니 한 곳에서 나와 주세요. 그보다 적다면 정원이 찬 것이니 나중에 다시 시도해 주세요.`,
      name: '쓸 수 없는 이름이에요. 다른 이름을 골라 주세요.',
      picture: '사진은 웹 페이지에서만 보낼 수 있어요.',
      large: '너무 커요. 나누어 보내 주세요.',
    }[why];
  },
  noStation: (name) => `"${name}" 역은 없어요.`,
  notIn: (name) => `아직 "${name}" 역에 없어요. 먼저 들어가 주세요.`,
  inAlready: (name) => `그 역에는 이미 "${name}" 이름으로 들어가 있어요.`,
  unheard: '이 토큰으로 열린 스트림이 없어요. 먼저 스트림을 열거나 토큰 없이 보내 주세요.',
  over: {
    you: '내렸어요.',
    partner: '동승자가 내렸어요.',
    lost: '동승자의 신호가 돌아오지 않았어요.',
    reported: '동승자를 신고하고 내렸어요.',
  },
  moved: '같은 토큰으로 새로 접속해서 이 연결을 끝내요.',
  hints: [
    '/join 중앙을 입력하면 역에 들어가요. 그다음에 입력하는 줄은 그 역으로 전송돼요. 역에서 나가려면 /leave 중앙, 접속을 끝내려면 /quit.',
    '사람 목록은 /ask who, 역 목록은 /ask stations, 새 이름은 /ask rename. 낯선 사람과 동승하려면 /ask line, 그다음에는 /ask next나 /ask hangup.',
  ],
};

/** The phrases of a language. */
export function plainWordsOf(language: Language): PlainWords {
  return language === 'ko' ? ko : en;
}
