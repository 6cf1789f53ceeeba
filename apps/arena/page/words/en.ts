/** The words of the page in English. */
import { en as page } from 'naru-apps-kit/page/words/en.js';
import { count, minutes, seconds } from 'naru-apps-kit/page/words/english.js';
import { LIMITS } from '../../shared/limits.js';
import type { Field } from '../../shared/world/field.js';
import type { LaneState } from '../state/state.js';

const decimal = (n: number): string => n.toFixed(1);
const ordinal = (n: number): string => {
  const tail = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${tail}`;
};

/** The English phrases. */
export const en = {
  ...page,
  title: 'Underworld-Arena',
  skip: 'Skip to the content',
  back: 'Back to the entrance',
  yourName: (name: string) => `Your name: ${name}`,
  links: { connecting: 'Connecting', online: 'Connected', offline: 'No signal', full: 'Full' },
  offlineNote: 'The signal is lost. The page comes back by itself.',

  mapTitle: 'The entrance',
  hello: (name: string) => `Tonight you are ${name}.`,
  helloNote:
    'The last train is in the depot, and somebody left the lamps on. Put out the others before they put you out.',
  play: 'Play',
  rename: 'Another name',
  howTitle: 'How to play',
  how: {
    keys: ['Keyboard and mouse', 'WASD or arrows move. The mouse aims, and a click flashes your lamp.'],
    only: ['Keyboard alone', 'You aim where you walk. Space flashes your lamp.'],
    touch: ['Touch', 'The left thumb moves. The right thumb aims and flashes your lamp.'],
  } as Readonly<Record<'keys' | 'only' | 'touch', readonly [string, string]>>,
  rules: `You have ${LIMITS.lights} lights, and a hit takes one. A hit gives ${count(LIMITS.hitPoints, 'point', 'points')}, and the last light of somebody gives ${LIMITS.outPoints} more.`,

  playTitle: 'The game',
  fieldLabel: 'The field',
  fieldNote: 'Arrows or WASD move, and Space flashes your lamp. Tab leads to the buttons.',
  leave: 'Leave',
  board: 'Scores',
  panel: 'Connection',
  sound: 'Sound',
  soundIsOn: 'Sound on',
  soundIsOff: 'Sound off',
  clock: 'Time left',
  clockOf: (s: number) => `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`,
  lights: (n: number) => `${n} of ${LIMITS.lights} lights`,
  points: (n: number) => count(n, 'point', 'points'),
  rank: ordinal,
  you: 'You',
  bot: 'Bot',
  hint: {
    keys: 'WASD moves, the mouse aims, a click flashes. Or Space alone.',
    touch: 'Left thumb moves, right thumb aims and flashes.',
  },
  put: (by: string, who: string) => `${by} put out ${who}.`,
  entering: 'The gate opens…',
  outTitle: 'Your lights are out',
  outBy: (name: string) => `${name} put you out.`,
  replay: 'Your last second, in slow motion',
  outFor: (s: number) => (s <= 0 ? 'Back in a moment' : `Back in ${s}`),
  backIn: 'You are back in.',
  silentNote: 'Nothing comes from the server. The game goes on by itself when it does.',
  awayNote: 'The server does not hear you. You are out of play until it does.',

  /** The places of the rounds, and their landmarks in the order of the map. */
  fields: {
    depot: { name: 'The Depot', landmarks: ['Turntable', 'Red Signal', 'Water Tower'] },
    hall: { name: 'The Transfer Hall', landmarks: ['Great Clock', 'Flower Shop', 'Noodle Bar'] },
    tunnel: { name: 'The Flooded Tunnel', landmarks: ['Drill', 'Pump', 'Fan'] },
  } as Readonly<Record<Field['name'], { readonly name: string; readonly landmarks: readonly string[] }>>,
  scoresTitle: (n: number) => `Round ${n} is over`,
  roundOf: (n: number) => `Round ${n}`,
  winner: (name: string) => `${name} wins the round.`,
  youWin: 'You win the round.',
  draw: 'The round ends in a draw.',
  nobodyWins: 'Nobody made a point.',
  nextIn: (s: number, field: string) => (s <= 0 ? 'The next round begins.' : `Next: ${field}, in ${s}`),
  share: 'Share your result',
  saved: 'The picture of your result is saved.',
  scoreHead: ['Rank', 'Player', 'Points'] as readonly [string, string, string],

  laneLong: {
    none: 'No lane',
    opening: 'The lane is opening…',
    up: 'Playing over the lane',
    down: 'Playing over the WebSocket',
  } as Readonly<Record<LaneState, string>>,
  laneDown: 'Playing over the WebSocket, because there is no lane.',
  laneBack: 'The lane is back.',
  figuresTitle: 'The connection',
  figures: {
    path: 'Path',
    roundTrip: 'Round trip',
    loss: 'Snapshots lost',
    delay: 'Others are shown later by',
    snapshots: 'Snapshots',
    bytes: 'Data in and out',
  },
  ms: (n: number | undefined) => (n === undefined ? '…' : `${Math.round(n)} ms`),
  percent: (n: number) => `${decimal(n)} %`,
  perSecond: (n: number) => `${Math.round(n)} a second`,
  bytes: (inward: number, outward: number) => `${decimal(inward / 1_000)} and ${decimal(outward / 1_000)} kB/s`,

  endings: {
    left: 'You have left.',
    idle: 'You did nothing for a while, so your place was given away.',
    moved: 'You play on in another window.',
    lost: 'The room is gone.',
    misuse: 'The server closed your place, because it could not read your inputs.',
  },
  problems: {
    bad: 'The server could not read that.',
    slow: 'That was too often. Wait a moment.',
    full: 'The room is full. The page tries again.',
    busy: 'The room is moving to another server. One moment…',
    gone: 'This room has closed.',
    late: 'The server does not answer. The page tries again.',
  },
  again: 'Play again',
  anywhere: 'Play in another room',
  invite: 'Link to this room',
  copied: 'Copied',

  youNote: 'The name is computed from a random number of this tab. It is gone when you close the tab.',
  keys: 'Keyboard',
  keysTitle: 'Keyboard',
  keysList: [
    ['W A S D, arrows', 'move'],
    ['Space', 'flash the lamp where you look'],
    ['E', 'scores'],
    ['P', 'connection'],
    ['M', 'sound'],
    ['Ctrl + /', 'this list'],
    ['Esc', 'close what is open'],
  ] as readonly (readonly [string, string])[],

  keptTitle: 'What is kept?',
  keptIntro:
    'The server keeps what the game needs to go on after a crash, for a minute. There is nothing to type, so nothing that you say is kept.',
  keptRows: [
    [
      'Your name, colour and alias',
      'Computed from a random number of this tab. The server keeps only a digest of that number.',
      `While you are connected, and ${minutes(LIMITS.personKeptMs)} after that`,
    ],
    [
      'Your place in a room',
      'Memory of the server: position, lights and points. You keep the place without a connection, and get it back with the number of the tab.',
      `Until you leave, and ${seconds(LIMITS.graceMs)} after a lost connection`,
    ],
    [
      'The state of each room',
      'Disk of the server: positions, lights, points and names of the players, and digests of the numbers of their tabs',
      minutes(LIMITS.journalMs),
    ],
    [
      'Your network address',
      'Part of every connection, and of the lane. The application never reads it, stores it or writes it to a log.',
      'While you are connected',
    ],
    ['Language, appearance and sound', 'This browser', 'Until you change them'],
  ] as readonly (readonly [string, string, string])[],
  keptOthers: 'The lane connects this browser to the server alone. No other player learns your address.',
};

/** The shape of the phrases. */
export type Words = typeof en;
