/** Every limit of the game in one place. The server enforces these numbers, and the page predicts with them. */
import { CONDUCT } from 'naru-apps-kit/shared/limits.js';
import { MIB, MINUTE, SECOND } from 'naru-apps-kit/shared/units.js';

/** Ticks of the simulation in one second. */
export const TICK_HZ = 30;

/** The length of a tick in milliseconds. */
export const TICK_MS = SECOND / TICK_HZ;

/** The limits, in the unit at the end of each name. Counts have no unit, and distances are in units of the field. */
export const LIMITS = {
  /** Players of one room, bots included. A slot is a number below this. */
  players: 50,
  /**
   * People in all rooms of one server, unless `ARENA_PLAYERS` says otherwise. With lanes, they take two thirds of a
   * core at most.
   */
  playersPerServer: 200,
  /** Rooms at one time over all servers. Beyond that, newcomers hear that the game is full. */
  rooms: 40,
  /** People at one time in one process. */
  people: 5_000,
  /** Time for which the pace of a person is remembered after the last connection. */
  personKeptMs: MINUTE,
  /** Time for which a player without a connection keeps the place. */
  graceMs: 20 * SECOND,
  /** Time without a message after which a player is away: the body stands there and is out of play. */
  awayMs: 2 * SECOND,
  /** Time without a message after which a player loses the place, although the connection stands. */
  silentMs: MINUTE,
  /** Time after which a player who does nothing loses the place. */
  idleMs: 3 * MINUTE,
  /** Time after which a room without people is closed. */
  emptyMs: 5 * SECOND,
  /** Bots leave as people come, and fill a room to this number of players. */
  filledTo: 6,
  /** Time for which a free slot is not given to somebody else. */
  slotRestMs: 2 * SECOND,

  /** The length of a round, and of the scores after it. */
  roundMs: 2 * MINUTE,
  pauseMs: 8 * SECOND,

  /** Lights of a player. A hit takes one, and a player without lights is out. */
  lights: 3,
  /** Points for a hit, and the further points for putting somebody out. */
  hitPoints: 1,
  outPoints: 3,
  pointsMax: 65_535,
  /** Ticks for which a player is out. */
  outTicks: 3 * TICK_HZ,
  /** Ticks for which a player who has just entered cannot be hit. A shot ends this. */
  freshTicks: 2 * TICK_HZ,
  /** Ticks between two shots. */
  cooldownTicks: 10,

  /** Half of the side of a body, which collides as a square. */
  bodyRadius: 14,
  /** The radius of a body for beams. */
  hitRadius: 16,
  /** The way of a body in one tick at full speed. */
  stepLength: 7,
  /** The longest beam. */
  beamLength: 720,

  /** The rectangle around a player within which others are seen. It is the same for all screens. */
  viewWidth: 960,
  viewHeight: 640,
  /** The distance within which others are heard through walls. */
  hearRadius: 72,
  /** The streak beyond which a lamp does not grow. It has three bits in a snapshot. */
  streakMax: 7,
  /** The distance by which each step of a streak makes the lamp of a player shine further through walls. */
  streakGlow: 36,

  /** Inputs of one message: the newest and those before it that the server may not have. */
  inputsPerMessage: 8,
  /** Inputs of one player that wait for their tick. Beyond that, the oldest is left out. */
  inputsWaiting: 8,
  /** Inputs that are this far ahead of the last one taken are refused. */
  inputsAhead: 90,
  /** Ticks without an input that a player may make up for later. */
  creditsMax: 6,
  /** Time by which a shot may be judged in the past. */
  rewindMs: 250,
  /** Ticks of positions that the server keeps for that. */
  rewindTicks: 12,
  /** Snapshots of each player that the server keeps, and the page as well. */
  snapshotsKept: 32,
  /** Ticks in which a beam is repeated. */
  beamTicks: 3,
  /** Beams of one snapshot. Those that hit the player and those close by come first. */
  beamsPerSnapshot: 40,
  /** Bytes of one snapshot, so that it fits into a datagram. */
  snapshotBytesMax: 1_100,
  /** Malformed messages with inputs after which a connection is closed. */
  malformedMax: 5,
  /** Ticks that the server makes up for at once when it was late. Beyond that, the game stands still for a moment. */
  lateTicksMax: 5,

  /** Time between two messages about who put whom out, and between two tables of points. */
  newsMs: SECOND / 3,
  pointsMs: SECOND,
  /** Other made-up names that a person may choose from. */
  nameTurns: 1_000,

  /** Time between two signs of life of a room in the journal, each with the state of the room. */
  leaseRenewMs: SECOND,
  /** Time after which a room without a sign of life may be taken by another server. */
  leaseMs: 3 * SECOND,
  /** Time for which the journal keeps records. */
  journalMs: MINUTE,
  /** Bytes of the log. */
  logBytesMax: 64 * MIB,

  /** Those of reports and of pace. */
  ...CONDUCT,
} as const;
