/** Every limit of the chat in one place. The server enforces these numbers, and the page shows them. */
import { CONDUCT } from 'naru-apps-kit/shared/limits.js';
import { HOUR, KIB, MIB, MINUTE, SECOND } from 'naru-apps-kit/shared/units.js';

/** The limits, in the unit at the end of each name. Counts have no unit. */
export const LIMITS = {
  /** Sessions at one time. Beyond that, newcomers hear that the line is full. */
  riders: 5_000,
  /** Time that a session without a connection is kept, so that a tunnel or a reload loses nothing. */
  graceMs: 30 * SECOND,
  /** Time that somebody without a connection stays on the list of a station. */
  presentMs: 5 * SECOND,

  /** Stations that riders may open, besides the permanent ones. */
  stationsMade: 32,
  /** Stations that one session may open in an hour. */
  stationsMadePerRider: 3,
  /** Time that an opened station stays empty before it closes. */
  stationEmptyMs: 5 * MINUTE,
  stationNameMin: 2,
  stationNameMax: 24,
  /** Stations one session may be in at one time. */
  stationsJoined: 8,
  /** People in the list of a station; the rest are a number. */
  membersListed: 200,

  /** Time for which the server remembers the keys of messages, so that none is said twice. */
  onceAgeMs: HOUR,

  textMax: 1_000,
  /** Newest messages of a place in the memory of the server. A ride has no others. */
  messagesKept: 100,
  /** Age at which a message is forgotten. */
  messageAgeMs: 24 * HOUR,
  /** Bytes of the log. Beyond that, the oldest messages go before their age. */
  logBytesMax: 64 * MIB,
  /** Messages that a page asks for at once as somebody scrolls up. */
  messagesPage: 50,
  /** Messages of a place that a page holds. It asks for older ones again when somebody scrolls up to them. */
  messagesHeld: 1_000,
  /** Reactions to one message, of all people and kinds together. */
  reactionsPerMessage: 200,
  /** Messages and reactions that a place takes from all people in one second, after a burst of five times that. */
  placeMessagesPerSecond: 8,

  pictureBytesMax: 4 * MIB,
  pictureSideMax: 8_192,
  /** Pixels of a picture. Each costs every viewer four bytes of memory. */
  picturePixelsMax: 24_000_000,
  pictureChunkBytes: 64 * KIB,
  pictureAltMax: 200,
  /** Bytes of all kept pictures, on disk and in memory. The oldest go first. */
  picturesBytesMax: 96 * MIB,
  /** Kept pictures. The oldest go first. */
  picturesKept: 2_000,
  /** Pictures on their way that a tab keeps across a reload of the page. */
  picturesShelved: 8,
  /** Time that an upload may be without progress, as in a tunnel, before it is dropped. */
  uploadIdleMs: 10 * MINUTE,

  /** Muted people that a session may name, so that they never share a ride. */
  avoided: 100,
  /** Time for which two people who just parted do not share a ride again. */
  rematchMs: 20 * SECOND,

  /** Times that a person may say the same words in a place within the window. */
  repeats: 3,
  repeatWindowMs: MINUTE,

  /** Those of reports and of pace. */
  ...CONDUCT,
} as const;
