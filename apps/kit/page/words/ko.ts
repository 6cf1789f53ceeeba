/** The words of every page in Korean. */
import type { SharedWords } from './en.js';
import { timeOf } from './time.js';

/** The phrases that all pages have in common. */
export const ko: SharedWords = {
  close: '닫기',
  settings: '이름과 설정',
  language: '언어',
  theme: '화면 테마',
  themeAuto: '시스템',
  themeLight: '낮',
  themeDark: '밤',
  kept: '개인정보',
  copy: '복사',
  backNote: '신호가 돌아왔어요.',
  unnamed: '타는 중…',
  write: '메시지를 입력하세요',
  send: '보내기',
  time: (at) => timeOf(at, 'ko'),
  youTitle: '이름과 설정',
  keptHead: ['무엇을', '어디에', '얼마나'],
  keptNot:
    '쿠키, 계정, 분석 도구를 쓰지 않아요. 위에 적은 것 말고는 기록하지 않고, 다른 서버에서 불러오는 것도 없어요.',
};
