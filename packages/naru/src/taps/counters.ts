/** Counts what passes through all servers of this process too often for taps. */
import { sharedValue } from '../base/shared-value.js';

/** Counters since the start of the process. Every number only rises. */
class Counters {
  /** Sessions that were opened, by which each has its number. */
  sessions = 0;
  /** Messages of clients, of which events and acknowledgements are some, and their bytes. Text counts by characters. */
  messagesIn = 0;
  bytesIn = 0;
  /**
   * Packets to clients that transports took after the handshake, and their bytes before framing and compression. Text
   * counts by characters.
   */
  packetsOut = 0;
  bytesOut = 0;
  /** Events of clients for the listeners of the program. */
  eventsIn = 0;
  /** Events that programs sent, and clients that publish. One to many sockets counts once. */
  eventsOut = 0;
  /** Acknowledgements of clients, and those to them. */
  acknowledgementsIn = 0;
  acknowledgementsOut = 0;
  /** Volatile events that were dropped for one client each. */
  volatileDropped = 0;
}

/** The counters of a process. */
export type ReadCounters = Readonly<Counters>;

/** The counters of this process. Read them whenever you like. */
export const counters = sharedValue('counters', () => new Counters());
