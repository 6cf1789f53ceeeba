/** Every bound of the chat in one place: the server keeps to these numbers and the page tells people the same ones. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1_024;
const MIB = 1_024 * KIB;

/** The bounds, in the units their names end with; counts have no unit. */
export const LIMITS = {
  /** Sessions at one time; beyond it a newcomer is told that the line is full. */
  riders: 5_000,
  /** Time a session without a connection is kept, so that a tunnel or a reload loses nothing. */
  graceMs: 30 * SECOND,

  /** Stations that people have opened, on top of the permanent ones. */
  stationsMade: 32,
  /** Stations that one session may open in an hour. */
  stationsMadePerRider: 3,
  /** Time an opened station stands empty before it closes. */
  stationEmptyMs: 5 * MINUTE,
  stationNameMin: 2,
  stationNameMax: 24,
  /** Stations one session may be in at one time. */
  stationsJoined: 8,
  /** People named in the list of a station; the rest are a number. */
  membersListed: 200,

  /** Time for which the server remembers that something was sent, so that it is not said again. */
  onceAgeMs: HOUR,

  textMax: 1_000,
  /** Newest messages of a place that the server remembers besides the log: of a ride all there are. */
  messagesKept: 100,
  /** Age at which a message is forgotten. */
  messageAgeMs: DAY,
  /** Bytes of the log; beyond it the oldest messages go before their age. */
  logBytesMax: 64 * MIB,
  /** Messages that a page asks for at once as somebody reads upwards. */
  messagesPage: 50,
  /** Messages of a place that a page holds; beyond it the oldest are asked for again when somebody reads up to them. */
  messagesHeld: 1_000,
  /** Messages of all people together that a place takes in one second, over a burst of five times that. */
  placeMessagesPerSecond: 8,

  pictureBytesMax: 4 * MIB,
  pictureSideMax: 8_192,
  /** Pixels of a picture: four bytes of memory each, for everybody who looks at it. */
  picturePixelsMax: 24_000_000,
  pictureChunkBytes: 64 * KIB,
  pictureAltMax: 200,
  /** Bytes of all pictures that are kept; the oldest go first. The server holds as much of them in memory at most. */
  picturesBytesMax: 96 * MIB,
  /** Pictures that are kept; the oldest go first. */
  picturesKept: 2_000,
  /** Pictures on their way that a tab keeps over a reload of the page. */
  picturesShelved: 8,
  /** Time an upload may stand still, as in a tunnel, before it is dropped. */
  uploadIdleMs: 10 * MINUTE,

  /** Distinct people whose reports within the window mute a session. */
  reportsToMute: 3,
  reportWindowMs: 15 * MINUTE,
  /** Age that a session must have for its report to count. */
  reporterAgeMs: 20 * SECOND,
  /** The first mute; each further one is twice as long, up to the longest. */
  muteMs: 5 * MINUTE,
  muteLongestMs: HOUR,

  /** Muted people that a session may name so that the line never brings them together. */
  avoided: 100,
  /** Time in which two people who just parted are not brought together again. */
  rematchMs: 20 * SECOND,

  /** A first warning to slow down; each further one is twice as long, up to the longest. */
  slowFirstMs: 2 * SECOND,
  slowLongestMs: 60 * SECOND,
  /** How often a person may say the same words in a place within a while. */
  repeats: 3,
  repeatWindowMs: MINUTE,
  /** Quiet time after which warnings are forgotten. */
  slowForgetMs: 60 * SECOND,
} as const;
