/** Counts what a datagram socket dropped, and why: nobody is told of it one by one. */

/** The counts; each goes up by one for a datagram that was dropped, unless it says otherwise. */
export class UdpCounts {
  /** Datagrams that came. Not dropped. */
  received = 0;
  /** Datagrams that were sent. Not dropped. */
  sent = 0;
  /** Too short, too long, or of no kind. */
  malformed = 0;
  /** For no session: it ended, or never was. */
  unknown = 0;
  /** With a tag that is not its session's: spoofed, reflected, or damaged on the way. */
  forged = 0;
  /** Older than the newest, or the same again. */
  stale = 0;
  /** CONNECTs whose cookie did not prove the address. */
  unproven = 0;
  /** CONNECTs that were refused, or left unanswered because too many came. */
  refused = 0;
  /** Messages to clients that were left out because they are bigger than a datagram. */
  oversize = 0;
  /** Not sent, because the system could not take them at once. */
  congested = 0;
  /** Sessions that moved to another address. Not dropped. */
  moved = 0;
}
