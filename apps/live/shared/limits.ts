/** Every limit of the application in one place. The server enforces these numbers, and the page shows them. */
import { CONDUCT } from 'naru-apps-kit/shared/limits.js';
import { KIB, MIB, MINUTE, SECOND } from 'naru-apps-kit/shared/units.js';

/** The limits, in the unit at the end of each name. Counts have no unit. */
export const LIMITS = {
  /** People at one time in one process. Beyond that, newcomers hear that the line is full. */
  people: 5_000,
  /** Time for which the pace of a person is remembered after the last connection. */
  personKeptMs: MINUTE,

  /** Broadcasts at one time. */
  broadcasts: 50,
  /** Viewers of one broadcast. Beyond that, newcomers hear that it is full. */
  viewers: 2_000,
  /** Viewers that the broadcaster sees by name because they lag. */
  laggingListed: 20,
  /** Time between two signs of life of a broadcast in the journal. */
  renewMs: 5 * SECOND,
  /** Time without a sign of life after which viewers hear that the signal is lost. */
  silentMs: 12 * SECOND,
  /** Time that a broadcast waits for its broadcaster. After that it ends, and everything of it is erased. */
  graceMs: 30 * SECOND,
  /** Time after the end of a broadcast when its records in the journal are erased, too. */
  forgetMs: 10 * SECOND,
  /** Time without a frame after which a stream counts as stalled and is closed. */
  stalledMs: 15 * SECOND,
  /** Time without a byte after which a program that has sent no frame yet is closed. */
  idleProgramMs: 3 * SECOND,

  /** Bytes of one frame. */
  frameBytesMax: 512 * KIB,
  /** Bytes of one packet of sound: the largest that Opus knows, for 120 ms. */
  soundBytesMax: 4 * KIB,
  /** Pixels of the longer and the shorter side of a picture. */
  sideMax: 1_920,
  sideMin: 16,
  pixelsMax: 1_920 * 1_080,
  /** A line that stood still for so many seconds delivers the frames of this time together. */
  burstSeconds: 6,
  /** Frames of one quality in one second, after a burst. */
  framesPerSecond: 75,
  /** Packets of sound in one second, after a burst. The shortest packets of Opus last 2.5 ms; pages send 40 ms. */
  soundsPerSecond: 110,
  /** Bytes of one quality in one second, after a burst of three times that. */
  bytesPerSecond: MIB,
  /** Longest time between two key frames. */
  keyMs: 4 * SECOND,
  /** Difference between a stream and its clock, which follows it slowly. A file that is sent too fast exceeds it. */
  driftMs: 10 * SECOND,

  /** The rates of the two qualities of a page, in bits in a second. */
  highBitrate: 2_500_000,
  lowBitrate: 400_000,
  soundBitrate: 64_000,
  highHeight: 720,
  lowHeight: 270,
  /** Time between two key frames of a page. */
  pageKeyMs: SECOND,

  /** A viewer that is later than this for `lateForMs` gets the low quality. */
  lateMs: 900,
  lateForMs: 2 * SECOND,
  /**
   * A viewer that is earlier than this for `earlyForMs` gets the high quality again. The time doubles each time it was
   * in vain.
   */
  earlyMs: 700,
  earlyForMs: 15 * SECOND,
  earlyForMsMax: 4 * MINUTE,
  /**
   * Bytes and time that wait for one viewer before groups of pictures are left out. A newcomer gets a group of at most
   * that many bytes.
   */
  waitingBytesMax: 1_536 * KIB,
  waitingMs: SECOND,

  /** Time for which a server keeps a still that it read from the tape. */
  stillMs: SECOND,

  /** Time that can be rewound. */
  tapeMs: 10 * MINUTE,
  /** Bytes of one record of the tape. A longer group is divided. */
  tapeRecordBytesMax: 768 * KIB,
  /** Bytes of all tapes. The oldest records go first. */
  tapeBytesMax: 1_536 * MIB,

  /** Hearts of one broadcast that reach everybody in one second, after a burst of five times that. */
  heartsPerSecond: 20,

  textMax: 300,
  titleMax: 60,
  /** Messages that a viewer gets on entering. */
  messagesPage: 50,
  /** Messages that a page holds. */
  messagesHeld: 300,
  /** Bytes of the log of the chat. */
  logBytesMax: 16 * MIB,
  /**
   * Messages that the chat of a broadcast takes from all people together in one second, after a burst of five times
   * that.
   */
  messagesPerSecond: 10,
  /** People that a broadcaster may remove from one broadcast. */
  kicked: 200,

  /** Those of reports and of pace. */
  ...CONDUCT,
} as const;
