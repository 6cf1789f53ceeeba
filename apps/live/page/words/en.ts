/** The words of the page in English. */
import { en as page } from 'naru-apps-kit/page/words/en.js';
import { count, minutes, seconds } from 'naru-apps-kit/page/words/english.js';
import { LIMITS } from '../../shared/limits.js';
import type { Ending, Quality, QualityWish, SourceKind } from '../../shared/protocol.js';

const number = (n: number): string => n.toLocaleString('en');
const rate = (bits: number): string =>
  bits < 1_000_000 ? `${Math.round(bits / 1_000)} kbit/s` : `${(bits / 1_000_000).toFixed(1)} Mbit/s`;

const faults: Readonly<Record<string, string>> = {
  bytes: 'The server could not read the stream. A program sends WebM with -f webm.',
  size: 'A picture is too large. Use at most 1920 by 1080, and a smaller -b:v.',
  codec: 'The stream has a codec that is not carried. A program uses -c:v libvpx and -c:a libopus.',
  key: 'Key frames were missing. A program sends one each second with -g 30 at 30 frames a second.',
  time: 'The stream ran ahead of the clock or fell behind it. A file needs -re before -i, and no -readrate. If ffmpeg shows a speed below 1x, make the picture smaller: -s 640x360.',
  rate: 'The stream had too many bytes or frames. Use -re before -i, and at most -b:v 6M and 60 frames a second.',
  stalled:
    'Nothing arrived any more. Look whether the program still runs and the network carries it, then run it again.',
  taken: 'This broadcast goes on from another page or program.',
  muted: 'Several people reported you, so you cannot be on air for now.',
  full: 'The server has as many broadcasts as it can carry. Try again later.',
  slow: 'That was too often. Wait a moment, then try again.',
  bad: 'The server could not read that.',
  gone: 'The connection was lost. Try again.',
};

/** The English phrases. */
export const en = {
  ...page,
  title: 'Underworld-Live',
  skip: 'Skip to the content',
  back: 'Back to the line',
  yourName: (name: string) => `Your name: ${name}`,
  links: {
    connecting: () => 'Connecting',
    online: (n: number) => `${number(n)} on air`,
    offline: () => 'No signal',
    full: () => 'Full',
  },
  offlineNote: 'The signal is lost. The page comes back by itself.',

  mapTitle: 'The line',
  hello: (name: string) => `Tonight you are ${name}.`,
  helloNote: 'No sign-up. Press one button and you are on air, or watch the lights of another train.',
  goOnAir: 'Go on air',
  goScreen: 'Show a screen',
  goFile: 'Show a file',
  goProgram: 'Use a program',
  insecure:
    'Cameras, screens and encoders exist only in secure contexts. Open this page on localhost or over HTTPS to go on air. Programs work from here.',
  onAirTitle: 'On air now',
  onAirNone: 'Nobody is on air. The rails are quiet.',
  live: 'Live',
  since: (at: number) => `since ${page.time(at)}`,
  signalLost: 'signal lost',
  sources: { camera: 'camera', screen: 'screen', file: 'file', program: 'program' } as Record<SourceKind, string>,
  youAreOn: 'You are on air',

  watchTitle: 'A train',
  viewers: (n: number) => count(n, 'viewer', 'viewers'),
  pictureOf: (name: string) => `The live picture of ${name}`,
  soundOn: 'Turn the sound on',
  pause: 'Pause',
  play: 'Play',
  sound: 'Sound',
  volume: 'Volume',
  float: 'Picture in picture',
  otherTrains: 'Other trains',
  allTrains: 'All trains',
  quality: 'Quality',
  qualities: { auto: 'Auto', high: 'High', low: 'Low', none: 'None' } as Record<QualityWish, string>,
  skipping: 'Your connection carries less than this quality needs, so parts of the picture are left out.',
  chooseForMe: 'Choose the quality for me',
  rewind: 'Rewind',
  rewoundBy: (s: number) =>
    s === 0 ? 'live' : `−${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`,
  figures: (lines: number, ms?: number) => {
    if (ms === undefined) return `${lines}p`;
    return ms < 3_000 ? `${lines}p, ${Math.round(ms)} ms late` : `${lines}p, ${seconds(ms)} late`;
  },
  fullScreen: 'Full screen',
  entering: 'The train is coming…',
  unableToWatch:
    'This browser cannot play live pictures here. WebCodecs exists in current browsers, on localhost or over HTTPS.',
  pictureIsDark: 'The picture is turned off. The broadcast goes on.',
  broadcasterLost: 'The broadcaster lost the signal and may come back.',
  watchProblems: {
    bad: 'The server could not read that.',
    slow: 'That was too fast. The page tries again.',
    muted: 'You cannot watch for now.',
    gone: 'This broadcast is not on air.',
    full: 'This train is full. The page tries again.',
    kicked: 'The broadcaster has removed you from this broadcast.',
    late: 'The server does not answer. The page tries again.',
  },
  endings: {
    stopped: 'The broadcast has ended. Everything of it was erased.',
    lost: 'The broadcaster did not come back. Everything of the broadcast was erased.',
    bytes: 'The broadcast was closed, because its stream was broken.',
    size: 'The broadcast was closed, because its picture was too large.',
    codec: 'The broadcast was closed, because its codec is not carried.',
    key: 'The broadcast was closed, because its key frames were missing.',
    time: 'The broadcast was closed, because its timestamps were wrong.',
    rate: 'The broadcast was closed, because its stream was too fast.',
    stalled: 'The broadcast was closed, because nothing arrived any more.',
    taken: 'The broadcast goes on elsewhere.',
    full: 'The server has as many broadcasts as it can carry.',
    muted: 'Several people reported this broadcast, so it was closed.',
  } as Record<Ending, string>,

  airTitle: 'On air',
  airNone: 'You are not on air.',
  airStates: {
    opening: 'The browser asks for the camera, the screen or the file.',
    starting: 'Going on air…',
    on: 'You are live.',
    waiting: 'The signal is lost. Your broadcast waits for you.',
    over: 'The broadcast has ended.',
    refused: 'The broadcast was closed.',
    denied: 'The browser does not allow the camera or the screen. Allow it, then try again.',
    unable: 'This browser can neither encode nor record live video.',
    failed: 'The camera, the screen or the file could not be opened.',
  },
  airSlow: 'Your connection is too slow for the picture, so some of it is left out.',
  ownPicture: 'Your own picture',
  airWaits: (ms: number) =>
    `Your broadcast waits for you for ${seconds(ms)} after a lost connection. Each of these buttons continues it.`,
  airElsewhere: 'Your broadcast goes on in another tab.',
  goOnAgain: 'Continue the broadcast',
  summary: (ms: number, people: number) =>
    `Your broadcast lasted ${minutes(ms)}, and ${count(people, 'person', 'people')} watched. Everything of it was erased.`,
  titleOf: 'Title of the broadcast',
  titlePlaceholder: 'Give it a title',
  titleSave: 'Save the title',
  cameraIsOff: 'The picture is off. Viewers read that it is off.',
  pictureIsOn: 'Picture on',
  pictureIsOff: 'Picture off',
  microphoneIsOn: 'Sound on',
  microphoneIsOff: 'Sound off',
  stop: 'Stop the broadcast',
  moment: 'Copy a link to thirty seconds ago',
  momentDone: `Link copied. It works for at most ${minutes(LIMITS.tapeMs)}.`,
  link: 'Link for viewers',
  copiedDone: 'Copied',
  faults,

  figuresTitle: 'Figures of the broadcast',
  viewersTitle: 'Viewers',
  onLow: 'On low quality',
  bitrate: 'High quality',
  bitrateLow: 'Low quality',
  framesTitle: 'Frames a second',
  bits: rate,
  lagging: 'Who lags',
  lagOf: (ms: number, quality: Quality) => `${seconds(ms)} behind, ${quality} quality`,

  programTitle: 'A program on air',
  programNote: 'Run this where the video is. It works with ffmpeg 5.1 and later, and with any program that sends WebM.',
  programCommand: 'Command',
  programKeyNote: 'The address holds a secret key of this tab. Anyone who has it can go on air with it.',
  programNewKey: 'Make another key',
  programState: (status?: string): string => {
    if (status === 'on') return 'The program is live.';
    return status === 'refused' ? 'The program is off air.' : 'The page waits for the program.';
  },

  talk: 'Chat',
  heart: 'Send a heart',
  talkEmpty: 'Nobody has said anything yet.',
  options: (name: string) => `Hide or report ${name}`,
  slow: (ms: number) => `A little slower, please. You can write again in ${seconds(ms)}.`,
  silenced: (ms: number) => `Several people reported you. You can write and be on air again in ${minutes(ms)}.`,
  problems: {
    bad: 'The server could not read that.',
    slow: 'That was too fast. Wait a moment, then try again.',
    muted: 'Several people reported you, so you cannot write for now.',
    gone: 'That is over.',
    full: 'The server is full. Try again later.',
    kicked: 'The broadcaster has removed you.',
    late: 'The server did not answer. Try again.',
  },

  kick: 'Remove',
  kickNote: 'Removes this person from your broadcast. The same tab cannot come back to it.',
  kickDone: 'Removed from your broadcast.',
  mute: 'Hide',
  unmute: 'Show again',
  muteNote: 'Hides the messages of this person for you alone. The person is not told.',
  mutedPeople: 'People you hid',
  reportTitle: 'Report and hide',
  reportNote: `A report contains no message and no picture. When ${LIMITS.reportsToMute} people have reported somebody, that person can neither write nor be on air for ${minutes(LIMITS.muteMs)}.`,
  reasons: { spam: 'Spam', abuse: 'Insults or threats', sexual: 'Sexual content', other: 'Another reason' },
  reportDo: 'Report',
  reported: 'Reported and hidden. Thank you.',
  reportFailed: 'The report did not arrive. Try again in a moment. The messages are hidden.',

  youNote: 'The name is computed from a random number of this tab. It is gone when you close the tab.',
  keys: 'Keyboard',
  keysTitle: 'Keyboard',
  keysList: [
    ['Tab', 'the next control'],
    ['Enter', 'send a message, press a button'],
    ['Space, K', 'pause and go on'],
    ['← →', 'five seconds back and forth'],
    ['↑ ↓', 'louder and softer'],
    ['M', 'sound on and off'],
    ['F', 'full screen'],
    ['I', 'picture in picture'],
    ['Ctrl + /', 'this list'],
    ['Esc', 'close a dialog, leave full screen'],
  ] as readonly (readonly [string, string])[],

  keptTitle: 'What is kept?',
  keptIntro: `The last ${minutes(LIMITS.tapeMs)} of a broadcast are kept, so that viewers can rewind. Everything of it is erased when it ends.`,
  keptRows: [
    [
      'Your name, colour and alias',
      'Computed from a random number of this tab. The server keeps only a digest of that number.',
      `While you are connected, and ${minutes(LIMITS.personKeptMs)} after that`,
    ],
    [
      'Pictures and sound of a broadcast',
      'Disk of the server: the log. Everybody who may watch can rewind. The newest second is also in the memory of the server.',
      `${minutes(LIMITS.tapeMs)}. When the broadcast ends, all of it is erased at once, and ${minutes(LIMITS.graceMs)} after a broadcaster did not come back.`,
    ],
    [
      'What is said beside a picture',
      'Disk of the server: text, time, made-up name, colour and alias of the sender',
      `${minutes(LIMITS.tapeMs)}, and at most until the broadcast ends`,
    ],
    [
      'That somebody is on air',
      'Disk of the server: made-up name, colour, alias, kind of source, title, and when it began',
      `Until ${seconds(LIMITS.forgetMs)} after the end of the broadcast`,
    ],
    [
      'Who watches',
      'Disk of the server: made-up name, colour, alias, quality and lag. The broadcaster sees the number, and the names of viewers who lag. To count them, the server remembers the aliases until the broadcast ends. A page asks for its first picture by an address with the number of the broadcast, and a proxy on the way may log addresses.',
      'While you watch',
    ],
    [
      'Who was removed from a broadcast, and who reported whom',
      'Disk of the server: aliases, with the broadcast',
      `Until ${seconds(LIMITS.forgetMs)} after the end of the broadcast. The number of mutes, in memory: ${minutes(LIMITS.muteLongestMs)} after the last one.`,
    ],
    [
      'The key of a broadcast',
      'This tab. The server keeps only a digest of it. The key of a program is part of its address, and a proxy on the way may log addresses.',
      'Until you close the tab',
    ],
    [
      'Your network address',
      'Part of every connection. The application never reads it, stores it or writes it to a log.',
      'While you are connected',
    ],
    ['Language and appearance', 'This browser', 'Until you change them'],
  ] as readonly (readonly [string, string, string])[],
  keptOthers: 'Viewers can record what they see. Do not show anything that must stay secret.',
};

/** The shape of the phrases. */
export type Words = typeof en;
