/** The words of the page in Korean. */
import { ko as page } from 'naru-apps-kit/page/words/ko.js';
import { is, minutes, number, seconds } from 'naru-apps-kit/page/words/korean.js';
import { LIMITS } from '../../shared/limits.js';
import type { Words } from './en.js';

const decimal = (n: number): string => n.toFixed(1);

/** The Korean phrases. */
export const ko: Words = {
  ...page,
  title: '언더월드 아레나',
  skip: '내용으로 건너뛰기',
  back: '입구로 돌아가기',
  yourName: (name) => `내 이름: ${name}`,
  links: { connecting: '연결하는 중', online: '연결됨', offline: '신호 없음', full: '만원' },
  offlineNote: '신호가 끊겼어요. 신호가 돌아오면 저절로 이어져요.',

  mapTitle: '입구',
  hello: (name) => `오늘 밤 이름은 ${is(name)}.`,
  helloNote: '막차가 차고에 들어왔고, 누군가 등불을 켜 둔 채 갔어요. 내 불이 꺼지기 전에 다른 불을 꺼 보세요.',
  play: '시작하기',
  rename: '다른 이름',
  howTitle: '조작법',
  how: {
    keys: ['키보드와 마우스', 'WASD나 화살표로 움직여요. 마우스로 겨누고, 누르면 빛을 쏴요.'],
    only: ['키보드만으로', '걷는 쪽을 겨눠요. 스페이스를 누르면 빛을 쏴요.'],
    touch: ['터치', '왼손 엄지로 움직이고, 오른손 엄지로 겨누고 쏴요.'],
  },
  rules: `불빛은 ${LIMITS.lights}개예요. 맞으면 하나씩 꺼져요. 맞히면 ${LIMITS.hitPoints}점, 마지막 불빛까지 끄면 ${LIMITS.outPoints}점을 더 받아요.`,

  playTitle: '경기',
  fieldLabel: '경기장',
  fieldNote: '화살표나 WASD로 움직이고 스페이스로 쏴요. Tab을 누르면 단추로 가요.',
  leave: '나가기',
  board: '점수',
  panel: '연결 상태',
  sound: '소리',
  soundIsOn: '소리 켜짐',
  soundIsOff: '소리 꺼짐',
  clock: '남은 시간',
  clockOf: (s) => `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`,
  lights: (n) => `불빛 ${LIMITS.lights}개 중 ${n}개`,
  points: (n) => `${number(n)}점`,
  rank: (n) => `${n}위`,
  you: '나',
  bot: '봇',
  hint: {
    keys: 'WASD로 움직이고, 마우스로 겨누고, 누르면 쏴요. 스페이스만 써도 돼요.',
    touch: '왼손 엄지로 움직이고, 오른손 엄지로 겨누고 쏴요.',
  },
  put: (by, who) => `${by} 님이 ${who} 님의 불을 껐어요.`,
  entering: '문이 열리고 있어요…',
  outTitle: '불이 모두 꺼졌어요',
  outBy: (name) => `${name} 님이 껐어요.`,
  replay: '마지막 순간을 느리게 다시 보여 드려요',
  outFor: (s) => (s <= 0 ? '곧 다시 들어가요' : `${s}초 뒤에 다시 들어가요`),
  backIn: '다시 들어왔어요.',
  silentNote: '서버에서 아무것도 오지 않아요. 다시 오면 저절로 이어져요.',
  awayNote: '서버에 조작이 닿지 않아요. 닿을 때까지 경기에서 빠져 있어요.',

  fields: {
    depot: { name: '차고', landmarks: ['전차대', '빨간 신호등', '급수탑'] },
    hall: { name: '환승 홀', landmarks: ['큰 시계', '꽃집', '국숫집'] },
    tunnel: { name: '물에 잠긴 터널', landmarks: ['굴착기', '펌프', '환풍기'] },
  },
  scoresTitle: (n) => `${n}라운드 끝`,
  roundOf: (n) => `${n}라운드`,
  winner: (name) => `${name} 님이 이겼어요.`,
  youWin: '내가 이겼어요!',
  draw: '비겼어요.',
  nobodyWins: '아무도 점수를 내지 못했어요.',
  nextIn: (s, field) => (s <= 0 ? '다음 라운드가 시작돼요.' : `다음은 ${field}, ${s}초 뒤`),
  share: '결과 공유하기',
  saved: '결과 그림을 저장했어요.',
  scoreHead: ['순위', '이름', '점수'],

  laneLong: {
    none: '레인 없음',
    opening: '레인을 여는 중…',
    up: '레인으로 하는 중',
    down: '웹소켓으로 하는 중',
  },
  laneDown: '레인이 없어서 웹소켓으로 하고 있어요.',
  laneBack: '레인이 돌아왔어요.',
  figuresTitle: '연결 상태',
  figures: {
    path: '경로',
    roundTrip: '왕복 시간',
    loss: '잃은 스냅샷',
    delay: '다른 사람이 늦게 보이는 정도',
    snapshots: '스냅샷',
    bytes: '받고 보내는 데이터',
  },
  ms: (n) => (n === undefined ? '…' : `${Math.round(n)}ms`),
  percent: (n) => `${decimal(n)}%`,
  perSecond: (n) => `초당 ${Math.round(n)}개`,
  bytes: (inward, outward) => `${decimal(inward / 1_000)}, ${decimal(outward / 1_000)} kB/s`,

  endings: {
    left: '경기에서 나왔어요.',
    idle: '한동안 조작이 없어서 자리를 비웠어요.',
    moved: '다른 창에서 경기를 이어 가고 있어요.',
    lost: '방이 사라졌어요.',
    misuse: '조작을 읽을 수 없어서 서버가 자리를 닫았어요.',
  },
  problems: {
    bad: '서버가 읽을 수 없는 요청이에요.',
    slow: '너무 자주 눌렀어요. 잠시 기다려 주세요.',
    full: '방이 가득 찼어요. 자리가 나는지 다시 확인할게요.',
    busy: '방이 다른 서버로 옮겨 가고 있어요. 잠시만요…',
    gone: '닫힌 방이에요.',
    late: '서버가 응답하지 않아요. 다시 시도할게요.',
  },
  again: '다시 하기',
  anywhere: '다른 방에서 하기',
  invite: '이 방의 링크',
  copied: '복사했어요',

  youNote: '이 탭에서 만든 무작위 숫자로 지은 이름이에요. 탭을 닫으면 사라져요.',
  keys: '키보드',
  keysTitle: '키보드',
  keysList: [
    ['W A S D, 화살표', '움직이기'],
    ['스페이스', '바라보는 쪽으로 빛 쏘기'],
    ['E', '점수'],
    ['P', '연결 상태'],
    ['M', '소리'],
    ['Ctrl + /', '이 목록 보기'],
    ['Esc', '열린 것 닫기'],
  ],

  keptTitle: '무엇을 보관하나요?',
  keptIntro:
    '서버가 갑자기 꺼져도 경기를 이어 가도록 필요한 것만 1분 동안 보관해요. 글을 쓰는 곳이 없으니 보관할 말도 없어요.',
  keptRows: [
    [
      '이름, 색깔, 별칭',
      '이 탭에서 만든 무작위 숫자로 계산해요. 서버는 그 숫자의 해시만 보관해요.',
      `접속해 있는 동안, 그리고 그 뒤 ${minutes(LIMITS.personKeptMs)}`,
    ],
    [
      '방 안의 내 자리',
      '서버 메모리의 위치, 불빛, 점수. 연결이 끊겨도 자리가 남아 있고, 탭의 숫자로 되찾아요.',
      `나갈 때까지, 연결이 끊기면 그 뒤 ${seconds(LIMITS.graceMs)}`,
    ],
    ['방의 상태', '서버 디스크의 위치, 불빛, 점수, 이름, 그리고 탭 숫자의 해시', minutes(LIMITS.journalMs)],
    [
      '네트워크 주소',
      '모든 연결과 레인에 들어 있어요. 이 앱은 주소를 읽거나 저장하거나 기록하지 않아요.',
      '접속해 있는 동안',
    ],
    ['언어, 화면 테마, 소리', '이 브라우저', '바꿀 때까지'],
  ],
  keptOthers: '레인은 이 브라우저와 서버만 이어요. 다른 사람은 내 주소를 알 수 없어요.',
};
